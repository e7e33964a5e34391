//! The bucket, the name, the parts, the object.

use std::time::Duration;

use devstack::{HttpFault, Rule};
use serde_json::json;

use super::error;
use crate::matrix::fault::Fault;
use crate::matrix::row::{Object, Row, row};

const BUCKET: &str = "HeadBucket";
const HEAD: &str = "HeadObject";
const PUT: &str = "PutObject";
const CREATE: &str = "CreateMultipartUpload";
const PART: &str = "UploadPart";
const COMPLETE: &str = "CompleteMultipartUpload";

fn small(name: &'static str, action: &'static str, fault: HttpFault) -> Row {
    row("upload", name).every("s3", action, fault)
}

fn small_once(name: &'static str, action: &'static str, fault: HttpFault) -> Row {
    row("upload", name).once("s3", action, fault)
}

fn many(name: &'static str, action: &'static str, fault: HttpFault) -> Row {
    small(name, action, fault).many()
}

fn many_once(name: &'static str, action: &'static str, fault: HttpFault) -> Row {
    small_once(name, action, fault).many()
}

pub fn rows() -> Vec<Row> {
    [look(), one_request(), create(), parts(), complete(), rivals()].into_iter().flatten().collect()
}

fn look() -> Vec<Row> {
    vec![
        small("HeadBucket: 403, so that the writes decide", BUCKET, error(403, "AccessDenied")),
        small("HeadBucket: 404", BUCKET, error(404, "NoSuchBucket")).fails("BucketNotFound", "upload"),
        small_once("HeadBucket: 500, once", BUCKET, error(500, "InternalError")).takes(2),
        small("HeadBucket: reset", BUCKET, HttpFault::Reset).takes(8).fails("UploadFailed", "upload"),
        small("HeadBucket: no answer", BUCKET, HttpFault::Stall).runs_out(4, "upload"),
        small_once(
            "HeadBucket: 301, the bucket is in another region",
            BUCKET,
            HttpFault::Redirect("eu-west-3"),
        ),
        small("HeadBucket: 301, wherever it is asked", BUCKET, HttpFault::Redirect("eu-west-1"))
            .fails("UploadFailed", "upload"),
        small_once(
            "HeadBucket: 301 to a region without an answer",
            BUCKET,
            HttpFault::Redirect("eu-south-1"),
        )
        .fault(Fault::Http(Rule::every("s3", BUCKET, HttpFault::Reset).in_region("eu-south-1")))
        .takes(8)
        .fails("UploadFailed", "upload"),
        small("HeadObject: 403, so that the writes decide", HEAD, error(403, "AccessDenied")),
        small_once("HeadObject: 503 SlowDown, once", HEAD, error(503, "SlowDown")).takes(2),
        small("HeadObject: no answer", HEAD, HttpFault::Stall).runs_out(4, "upload"),
        small_once("HeadObject: no answer, once", HEAD, HttpFault::Stall).takes(12),
    ]
}

fn one_request() -> Vec<Row> {
    vec![
        small("PutObject: 403", PUT, error(403, "AccessDenied")).fails("BucketAccessDenied", "upload"),
        small("PutObject: 404 NoSuchBucket", PUT, error(404, "NoSuchBucket"))
            .fails("BucketNotFound", "upload"),
        small_once("PutObject: 409, once", PUT, error(409, "ConditionalRequestConflict")),
        small_once("PutObject: 412, once, and nothing is there", PUT, error(412, "PreconditionFailed")),
        small_once("PutObject: 503 SlowDown, once", PUT, error(503, "SlowDown")).takes(2),
        small("PutObject: 503 SlowDown", PUT, error(503, "SlowDown"))
            .takes(16)
            .fails("UploadFailed", "upload"),
        small_once(
            "PutObject: 400 KMS.ThrottlingException, once",
            PUT,
            error(400, "KMS.ThrottlingException"),
        )
        .takes(2),
        small_once("PutObject: 500, once", PUT, error(500, "InternalError")).takes(2),
        small("PutObject: 301, the bucket is in another region", PUT, HttpFault::Redirect("eu-west-2"))
            .fails("UploadFailed", "upload"),
        small_once("PutObject: reset, once", PUT, HttpFault::Reset).takes(2),
        small("PutObject: reset", PUT, HttpFault::Reset).takes(16).fails("UploadFailed", "upload"),
        small_once("PutObject: answer lost, once", PUT, HttpFault::LoseAnswer).takes(2),
        small("PutObject: answer lost", PUT, HttpFault::LoseAnswer).takes(8),
        small("PutObject: a byte altered on the way", PUT, HttpFault::AlterRequest(40))
            .fails("UploadFailed", "upload"),
        small("PutObject: no answer", PUT, HttpFault::Stall).runs_out(5, "upload"),
        small("PutObject: done, but no answer", PUT, HttpFault::StallAnswer).within(5).takes(5),
    ]
}

fn create() -> Vec<Row> {
    vec![
        many("CreateMultipartUpload: 403", CREATE, error(403, "AccessDenied"))
            .fails("BucketAccessDenied", "upload"),
        many("CreateMultipartUpload: 404 NoSuchBucket", CREATE, error(404, "NoSuchBucket"))
            .fails("BucketNotFound", "upload"),
        many_once("CreateMultipartUpload: 429, once", CREATE, error(429, "TooManyRequests")),
        many_once(
            "CreateMultipartUpload: 400 ThrottlingException, once",
            CREATE,
            error(400, "ThrottlingException"),
        ),
        many_once("CreateMultipartUpload: 500, once", CREATE, error(500, "InternalError")),
        many("CreateMultipartUpload: 503 SlowDown", CREATE, error(503, "SlowDown"))
            .takes(4)
            .fails("UploadFailed", "upload"),
        many_once("CreateMultipartUpload: reset, once", CREATE, HttpFault::Reset),
        many_once("CreateMultipartUpload: answer lost, once", CREATE, HttpFault::LoseAnswer),
        many("CreateMultipartUpload: answer lost", CREATE, HttpFault::LoseAnswer)
            .takes(4)
            .fails("UploadFailed", "upload"),
        many("CreateMultipartUpload: no answer", CREATE, HttpFault::Stall).runs_out(10, "upload"),
        many("CreateMultipartUpload: done, but no answer", CREATE, HttpFault::StallAnswer)
            .runs_out(10, "upload"),
        many(
            "ListMultipartUploads: 403, so that the writes decide",
            "ListMultipartUploads",
            error(403, "AccessDenied"),
        ),
        many("ListMultipartUploads: no answer", "ListMultipartUploads", HttpFault::Stall)
            .runs_out(10, "upload"),
    ]
}

fn parts() -> Vec<Row> {
    vec![
        many("UploadPart: 403", PART, error(403, "AccessDenied")).fails("BucketAccessDenied", "upload"),
        many("UploadPart: 404 NoSuchUpload", PART, error(404, "NoSuchUpload"))
            .fails("UploadFailed", "upload"),
        many("UploadPart: 400 ExpiredToken", PART, error(400, "ExpiredToken"))
            .fails("UploadFailed", "upload"),
        row("upload", "UploadPart: the second, 400 RequestTimeout")
            .many()
            .nth("s3", PART, 2, error(400, "RequestTimeout"))
            .takes(2),
        row("upload", "UploadPart: the second, 500")
            .many()
            .nth("s3", PART, 2, error(500, "InternalError"))
            .takes(2),
        many_once("UploadPart: 400 ThrottlingException, once", PART, error(400, "ThrottlingException"))
            .takes(2),
        many_once(
            "UploadPart: 400 KMS.ThrottlingException, once",
            PART,
            error(400, "KMS.ThrottlingException"),
        )
        .takes(2),
        many_once(
            "UploadPart: 400 with Rate exceeded, once",
            PART,
            HttpFault::Error { status: 400, code: "BadRequest", message: "Rate exceeded" },
        )
        .takes(2),
        many_once("UploadPart: 503 SlowDown, once", PART, error(503, "SlowDown")).takes(2),
        many("UploadPart: 503 SlowDown", PART, error(503, "SlowDown"))
            .takes(10)
            .fails("UploadFailed", "upload"),
        many_once("UploadPart: reset, once", PART, HttpFault::Reset).takes(2),
        many("UploadPart: reset", PART, HttpFault::Reset).takes(10).fails("UploadFailed", "upload"),
        many_once("UploadPart: answer lost, once", PART, HttpFault::LoseAnswer).takes(2),
        many_once("UploadPart: answer cut short, once", PART, HttpFault::Truncate(0)).takes(2),
        many("UploadPart: a byte altered on the way", PART, HttpFault::AlterRequest(5_000_000))
            .fails("UploadFailed", "upload"),
        many("UploadPart: no answer", PART, HttpFault::Stall).runs_out(10, "upload"),
        row("upload", "UploadPart: the third, no answer")
            .many()
            .nth("s3", PART, 3, HttpFault::Stall)
            .runs_out(10, "upload"),
        many("UploadPart: no answer, and the first abort gets 500", PART, HttpFault::Stall)
            .once("s3", "AbortMultipartUpload", error(500, "InternalError"))
            .runs_out(10, "upload"),
        many("UploadPart: no answer, nor to the abort", PART, HttpFault::Stall)
            .every("s3", "AbortMultipartUpload", HttpFault::Stall)
            .runs_out(10, "upload")
            .names_upload(),
    ]
}

fn complete() -> Vec<Row> {
    vec![
        many("CompleteMultipartUpload: 403", COMPLETE, error(403, "AccessDenied"))
            .fails("BucketAccessDenied", "upload"),
        many("CompleteMultipartUpload: 404 NoSuchUpload", COMPLETE, error(404, "NoSuchUpload"))
            .fails("UploadFailed", "upload"),
        many("CompleteMultipartUpload: 400 BadDigest", COMPLETE, error(400, "BadDigest"))
            .fails("UploadFailed", "upload"),
        many_once("CompleteMultipartUpload: 409, once", COMPLETE, error(409, "ConditionalRequestConflict"))
            .takes(2),
        many_once(
            "CompleteMultipartUpload: 412, once, and nothing is there",
            COMPLETE,
            error(412, "PreconditionFailed"),
        )
        .takes(2),
        many_once(
            "CompleteMultipartUpload: 400 ThrottlingException, once",
            COMPLETE,
            error(400, "ThrottlingException"),
        ),
        many_once("CompleteMultipartUpload: 500, once", COMPLETE, error(500, "InternalError")),
        many_once(
            "CompleteMultipartUpload: 200 with InternalError inside, once",
            COMPLETE,
            error(200, "InternalError"),
        ),
        many("CompleteMultipartUpload: 503 SlowDown", COMPLETE, error(503, "SlowDown"))
            .takes(8)
            .fails("UploadFailed", "upload"),
        many_once("CompleteMultipartUpload: reset, once", COMPLETE, HttpFault::Reset),
        many_once("CompleteMultipartUpload: answer lost, once", COMPLETE, HttpFault::LoseAnswer),
        many("CompleteMultipartUpload: answer lost", COMPLETE, HttpFault::LoseAnswer),
        many("CompleteMultipartUpload: answer cut short", COMPLETE, HttpFault::Truncate(60)),
        many("CompleteMultipartUpload: no answer", COMPLETE, HttpFault::Stall).runs_out(10, "upload"),
        many("CompleteMultipartUpload: done, but no answer", COMPLETE, HttpFault::StallAnswer)
            .within(15)
            .takes(13),
    ]
}

fn rivals() -> Vec<Row> {
    let late = HttpFault::Delay(Duration::from_secs(1));
    let rival = |name, action| small_once(name, action, late.clone()).fault(Fault::Rival(action)).takes(3);
    vec![
        rival("PutObject: a rival is first", PUT).object(Object::Both),
        rival("CompleteMultipartUpload: a rival is first", COMPLETE).many().object(Object::Both),
        rival("CompleteMultipartUpload: a rival is first, ifExists fail", COMPLETE)
            .many()
            .fields(json!({"ifExists": "fail"}))
            .fails("ObjectExists", "upload")
            .object(Object::Rivals),
        rival("CompleteMultipartUpload: a rival is first, ifExists skip", COMPLETE)
            .many()
            .fields(json!({"ifExists": "skip"}))
            .object(Object::Rivals),
    ]
}
