//! The id by which a repeated delivery recognises the object that an earlier attempt wrote.

use std::hash::{Hash, Hasher};

use openssl::sha::Sha256;

use super::extraction::Extraction;
use super::source::Source;
use super::target::ObjectTarget;

/// Bytes of the digest that make an id.
const ID_BYTES: usize = 16;

impl Extraction {
    /// Returns the id of a delivery of this extraction. It is a digest of the delivery and of the whole job, so that
    /// another job with the same request id has another id. `None` if the object's name contains the time, since no
    /// other attempt writes that name.
    pub fn delivery_id(&self, object: &ObjectTarget, delivery: &str) -> Option<String> {
        let Self {
            source,
            query,
            params,
            readers,
            allowed_tables: _,
            allow_writes,
            format,
            compression,
            compression_level,
            layout,
            target: _,
            on_empty,
            event_id,
            // Its objects are recognised by the state.
            incremental: _,
        } = self;
        let Source::Configured(source) = source else { return None };
        if object.has_time() {
            return None;
        }
        // The external id is confidential, and the role's ARN is sufficient.
        let role = source.role.as_ref().map(|role| &role.arn);
        let mut digest = Digest(Sha256::new());
        (delivery, event_id, &source.parameter, role, query, params, readers, allow_writes).hash(&mut digest);
        (format, compression, compression_level, layout, object, on_empty).hash(&mut digest);
        let id =
            digest.0.finish().into_iter().take(ID_BYTES).fold(0, |id: u128, byte| id << 8 | u128::from(byte));
        Some(format!("{id:032x}"))
    }
}

/// A SHA-256 that a [`Hash`] implementation feeds. It is the same within one build of the program: once another build is
/// deployed, an earlier attempt's object is not recognised, and the new object gets a suffix.
struct Digest(Sha256);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let bytes = self.0.clone().finish();
        bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}
