//! The write options as fields of the SDK's requests.

/// Sets the write options of a request. This is a macro, since the types of the requests have no trait in
/// common.
macro_rules! with_options {
    ($request:expr, $options:expr) => {{
        let options: &$crate::job::WriteOptions = $options;
        let encryption = options.encryption.as_ref();
        $request
            .set_server_side_encryption(encryption.map(|encryption| encryption.algorithm().into()))
            .set_ssekms_key_id(encryption.and_then(|encryption| encryption.kms_key_id()).map(str::to_owned))
            .set_storage_class(options.storage_class.map(Into::into))
            .set_tagging(options.tags.clone())
            .set_acl(options.acl.map(Into::into))
    }};
}

pub(super) use with_options;
