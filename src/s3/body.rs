//! The body of a request that sends a part.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::part::Part;

/// The maximum number of bytes handed out at once. The SDK treats a body as stalled if it is not read for a
/// while, so a whole block would be too much on a slow line.
const FRAME: usize = 64 << 10;

/// Returns a body that reads the part's blocks without copying them, once for every attempt.
pub(super) fn body(part: &Part) -> ByteStream {
    ByteStream::new(of_blocks(Arc::clone(part.blocks())))
}

fn of_blocks(blocks: Arc<[Bytes]>) -> SdkBody {
    SdkBody::retryable(move || SdkBody::from_body_1_x(Reading::new(Arc::clone(&blocks))))
}

struct Reading {
    blocks: Arc<[Bytes]>,
    next: usize,
    /// The rest of the block before `next`.
    rest: Bytes,
    remaining: u64,
}

impl Reading {
    fn new(blocks: Arc<[Bytes]>) -> Self {
        let remaining = blocks.iter().map(|block| block.len() as u64).sum();
        Self { blocks, next: 0, rest: Bytes::new(), remaining }
    }
}

impl Body for Reading {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        while this.rest.is_empty() {
            let Some(block) = this.blocks.get(this.next) else { return Poll::Ready(None) };
            this.rest = block.clone();
            this.next += 1;
        }
        let frame = this.rest.split_to(FRAME.min(this.rest.len()));
        this.remaining -= frame.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(body: SdkBody) -> Vec<u8> {
        ByteStream::new(body).collect().await.expect("infallible").to_vec()
    }

    #[tokio::test]
    async fn can_be_read_twice_and_knows_its_length() {
        let long: Vec<u8> = (0..FRAME as u32 + 7).map(|n| n as u8).collect();
        let blocks = [Bytes::from_static(b"one"), Bytes::new(), Bytes::from(long.clone())];
        let body = of_blocks(Arc::from(blocks.to_vec()));
        assert_eq!(body.content_length(), Some(3 + long.len() as u64));
        let again = body.try_clone().expect("retryable");
        let whole = [b"one".as_slice(), &long].concat();
        assert_eq!(read(body).await, whole);
        assert_eq!(read(again).await, whole);
    }
}
