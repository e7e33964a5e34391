//! Fields that are reserved for later versions.

use super::fields;
use crate::fields::{Field, Fields};

/// The reserved fields, each with the only JSON value that is accepted.
const NOT_IN_THIS_VERSION: &[(Field, &str)] =
    &[(fields::PARALLELISM, "1"), (fields::PARTITION_BY, "null"), (fields::TABLE, "null")];

/// Reports reserved fields that have another value.
pub(super) fn refuse(fields: &mut Fields<'_>) {
    for (field, taken) in NOT_IN_THIS_VERSION {
        if fields.in_object(*field).is_some_and(|value| value.get() != *taken) {
            fields.wrong(*field, "is not in this version");
        }
    }
}
