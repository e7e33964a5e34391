//! The operations of S3 that an upload needs.

use percent_encoding::percent_decode_str;

use super::connection::{Answer, Head};
use super::state::State;

pub(super) fn answer(state: &mut State, head: &Head, length: u64) -> Answer {
    let path = head.path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let upload = query(head, "uploadId");
    match (head.method.as_str(), upload) {
        ("GET", _) if head.path == "/_devstack/stats" => {
            ok(serde_json::to_string(&state.stats).unwrap_or_default(), "application/json")
        }
        ("GET", _) if query(head, "uploads").is_some() => list_uploads(state, head, bucket),
        ("POST", _) if query(head, "uploads").is_some() => create_upload(state, head, bucket, key),
        ("PUT" | "POST" | "DELETE", Some(id)) if !state.open.contains_key(id) => {
            error(404, "NoSuchUpload", "The specified upload does not exist.")
        }
        ("PUT", Some(_)) => {
            state.stats.parts += 1;
            state.stats.bytes += decoded_length(head, length);
            stored(head, "part")
        }
        ("PUT", None) if !key.is_empty() => {
            state.stats.puts += 1;
            state.stats.bytes += decoded_length(head, length);
            stored(head, "object")
        }
        ("POST", Some(id)) => {
            state.open.remove(id);
            state.stats.uploads_completed += 1;
            let result = format!(
                "<CompleteMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{}</Key><ETag>\"discarded-1\"</ETag>{}\
                 </CompleteMultipartUploadResult>",
                escape(&decode(key)),
                checksum_elements(head)
            );
            ok(result, "application/xml")
        }
        ("DELETE", Some(id)) => {
            state.open.remove(id);
            state.stats.uploads_aborted += 1;
            Answer { status: 204, ..Answer::default() }
        }
        ("HEAD" | "PUT", _) if key.is_empty() => Answer { status: 200, ..Answer::default() },
        ("GET", None) if query(head, "list-type").is_some() => ok(
            format!(
                "<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
            ),
            "application/xml",
        ),
        ("HEAD" | "GET", _) => error(404, "NoSuchKey", "Nothing is kept here."),
        ("DELETE", None) => Answer { status: 204, ..Answer::default() },
        _ => error(501, "NotImplemented", "This endpoint takes uploads only."),
    }
}

fn create_upload(state: &mut State, head: &Head, bucket: &str, key: &str) -> Answer {
    state.next_upload += 1;
    state.stats.uploads_created += 1;
    let id = format!("upload-{:08}", state.next_upload);
    let key = decode(key);
    let result = format!(
        "<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{}</Key><UploadId>{id}</UploadId>\
         </InitiateMultipartUploadResult>",
        escape(&key)
    );
    state.open.insert(id, (bucket.to_owned(), key));
    let mut answer = ok(result, "application/xml");
    answer.headers.extend(checksums(head));
    answer
}

fn list_uploads(state: &State, head: &Head, bucket: &str) -> Answer {
    let prefix = decode(query(head, "prefix").unwrap_or_default());
    let uploads: Vec<String> = state
        .open
        .iter()
        .filter(|(_, (own, key))| own == bucket && key.starts_with(&prefix))
        .map(|(id, (_, key))| {
            format!(
                "<Upload><Key>{}</Key><UploadId>{id}</UploadId><Initiated>2024-01-01T00:00:00.000Z</Initiated></Upload>",
                escape(key)
            )
        })
        .collect();
    let result = format!(
        "<ListMultipartUploadsResult><Bucket>{bucket}</Bucket><IsTruncated>false</IsTruncated>{}\
         </ListMultipartUploadsResult>",
        uploads.concat()
    );
    ok(result, "application/xml")
}

/// Returns the response to a part or an object: an `ETag`, and the checksums of the request.
fn stored(head: &Head, kind: &str) -> Answer {
    let mut answer = Answer { status: 200, ..Answer::default() };
    answer.headers.push(("ETag".into(), format!("\"discarded-{kind}\"")));
    answer.headers.extend(checksums(head));
    answer
}

fn checksums(head: &Head) -> impl Iterator<Item = (String, String)> + '_ {
    head.headers.iter().filter(|(name, _)| name.starts_with("x-amz-checksum-")).cloned()
}

/// Converts `x-amz-checksum-crc64nvme: v` to `<ChecksumCRC64NVME>v</ChecksumCRC64NVME>`.
fn checksum_elements(head: &Head) -> String {
    let elements: Vec<String> = checksums(head)
        .map(|(name, value)| match name.trim_start_matches("x-amz-checksum-") {
            "type" => format!("<ChecksumType>{value}</ChecksumType>"),
            kind => format!("<Checksum{0}>{value}</Checksum{0}>", kind.to_uppercase()),
        })
        .collect();
    elements.concat()
}

/// Returns the length of the payload. An `aws-chunked` body is longer.
fn decoded_length(head: &Head, length: u64) -> u64 {
    head.header("x-amz-decoded-content-length").and_then(|value| value.parse().ok()).unwrap_or(length)
}

fn query<'a>(head: &'a Head, name: &str) -> Option<&'a str> {
    head.query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

fn ok(body: String, kind: &str) -> Answer {
    Answer { status: 200, headers: vec![("Content-Type".into(), kind.into())], body }
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer { status, headers: vec![("Content-Type".into(), "application/xml".into())], body }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
