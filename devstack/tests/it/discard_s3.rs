//! Tests of the discarding S3 endpoint: uploads, large bodies, and that nothing is kept.

use devstack::{ACCOUNT_A, Aws, DiscardS3, Method, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn client(endpoint: &DiscardS3) -> Aws {
    Aws::new(endpoint.url().trim_start_matches("http://"), ACCOUNT_A)
}

#[tokio::test]
async fn takes_an_upload() -> Result<()> {
    let endpoint = DiscardS3::start(0)?;
    let s3 = client(&endpoint);
    let id = s3.create_multipart_upload("bucket", "a b/ü.csv").await?;
    assert_eq!(endpoint.open_uploads(), ["a b/ü.csv"]);
    let listed = s3.list_multipart_uploads("bucket").await?;
    assert_eq!((listed[0].key.as_str(), listed[0].id.as_str()), ("a b/ü.csv", id.as_str()));
    let part = vec![b'x'; 9_000_000];
    for number in 1..=2 {
        let target = format!("/bucket/k?partNumber={number}&uploadId={id}");
        let answer = s3.s3(Method::PUT, &target, &part).await?.success()?;
        assert!(answer.headers.contains_key("etag"));
    }
    s3.s3(Method::POST, &format!("/bucket/k?uploadId={id}"), b"<CompleteMultipartUpload/>")
        .await?
        .success()?;
    assert!(endpoint.open_uploads().is_empty());
    s3.s3(Method::POST, "/bucket/100%+f.csv?uploads", b"").await?.success()?;
    assert_eq!(endpoint.open_uploads(), ["100%+f.csv"], "a % without two digits stands for itself");
    assert_eq!(s3.s3(Method::POST, &format!("/bucket/k?uploadId={id}"), b"").await?.status, 404);
    assert!(s3.head_object("bucket", "k").await?.is_none());
    let stats = endpoint.stats();
    assert_eq!((stats.parts, stats.bytes, stats.uploads_completed), (2, 18_000_000, 1));
    let seen = s3.s3(Method::GET, "/_devstack/stats", b"").await?;
    assert_eq!(serde_json::from_slice::<devstack::DiscardStats>(&seen.body)?, stats);
    Ok(())
}

#[tokio::test]
async fn drains_chunks_and_echoes_checksums() -> Result<()> {
    let endpoint = DiscardS3::start(0)?;
    let mut stream = TcpStream::connect(endpoint.url().trim_start_matches("http://")).await?;
    let request = "PUT /b/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nx-amz-checksum-crc32: AAAA\r\n\
                   Expect: 100-continue\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nx-amz-trailer: z\r\n\r\n\
                   HEAD /b/k HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    while !answer.contains("404") {
        let mut block = [0; 4096];
        let count = stream.read(&mut block).await?;
        assert!(count > 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&block[..count]));
    }
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("x-amz-checksum-crc32: AAAA"), "{answer}");
    assert_eq!(endpoint.stats().bytes, 8);
    Ok(())
}
