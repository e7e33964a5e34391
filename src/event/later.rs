//! Fields that are reserved for later versions.

use super::fields;
use crate::fields::{Field, Fields};

/// The reserved fields.
const NOT_IN_THIS_VERSION: &[Field] = &[fields::PARTITION_BY];

/// Reports reserved fields.
pub(super) fn refuse(fields: &mut Fields<'_>) {
    for field in NOT_IN_THIS_VERSION {
        if fields.in_object(*field).is_some() {
            fields.wrong(*field, "is not in this version");
        }
    }
}
