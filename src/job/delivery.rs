//! How the object of a delivery that comes again is recognised.

use std::hash::{Hash, Hasher};

use openssl::sha::Sha256;

use super::extraction::Extraction;
use super::source::Source;
use super::target::ObjectTarget;

/// Bytes of the digest that make an id.
const ID_BYTES: usize = 16;

impl Extraction {
    /// The id of a delivery of this very extraction, which Lambda repeats where an attempt failed or its end got lost.
    /// It is a digest of what says which delivery it is and of the whole job, so that another job under the same request
    /// id has another one. `None` where the object's name has the time in it: no other attempt writes that name.
    pub fn delivery_id(&self, object: &ObjectTarget, delivery: &str) -> Option<String> {
        let Self {
            source,
            query,
            params,
            allow_writes,
            format,
            compression,
            compression_level,
            target: _,
            on_empty,
            event_id,
        } = self;
        let Source::Configured(source) = source else { return None };
        if object.has_time() {
            return None;
        }
        // The external id is a secret of sorts, and the role's ARN says enough.
        let role = source.role.as_ref().map(|role| &role.arn);
        let mut digest = Digest(Sha256::new());
        (delivery, event_id, &source.parameter, role, query, params, allow_writes).hash(&mut digest);
        (format, compression, compression_level, object, on_empty).hash(&mut digest);
        let id =
            digest.0.finish().into_iter().take(ID_BYTES).fold(0, |id: u128, byte| id << 8 | u128::from(byte));
        Some(format!("{id:032x}"))
    }
}

/// SHA-256 of what a [`Hash`] feeds it. That is the same within one build of the program; after another one is deployed
/// the object of an earlier attempt is not recognised, and the new one gets a suffix.
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
