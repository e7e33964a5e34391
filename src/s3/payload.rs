//! The signing of the payload of a request that carries a part.

use std::fmt::Write as _;

use aws_runtime::auth::PayloadSigningOverride;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use openssl::sha::Sha256;

use crate::part::Part;

/// The number of bytes that are hashed before other tasks can run.
const PIECE: usize = 256 << 10;

/// How the signature of a request covers the payload.
#[derive(Debug)]
pub(super) struct PayloadSigning(PayloadSigningOverride);

impl PayloadSigning {
    /// Signs the part by its SHA-256, or leaves it unsigned. The SDK itself hashes a body only if it is one block of
    /// memory.
    pub(super) async fn of(part: &Part, sign: bool) -> Self {
        Self(if sign {
            PayloadSigningOverride::Precomputed(sha256(part).await)
        } else {
            // The SHA-256 of a body takes a second per 750 MB; the CRC protects the bytes.
            PayloadSigningOverride::UnsignedPayload
        })
    }
}

impl Intercept for PayloadSigning {
    fn name(&self) -> &'static str {
        "PayloadSigning"
    }

    fn modify_before_signing(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(self.0.clone());
        Ok(())
    }
}

/// Returns the SHA-256 of the blocks in hexadecimal, without copying them.
async fn sha256(part: &Part) -> String {
    let mut digest = Sha256::new();
    for block in part.blocks().iter() {
        for piece in block.chunks(PIECE) {
            digest.update(piece);
            tokio::task::yield_now().await;
        }
    }
    digest.finish().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
