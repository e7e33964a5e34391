//! What the contract knows and this version does not do.

use super::fields;
use crate::fields::{Field, Fields};

/// The whole list, each with the only JSON that is taken; a row goes when its field comes.
const NOT_IN_THIS_VERSION: &[(Field, &str)] =
    &[(fields::PARALLELISM, "1"), (fields::PARTITION_BY, "null"), (fields::TABLE, "null")];

/// Notes what is asked of that list.
pub(super) fn refuse(fields: &mut Fields<'_>) {
    for (field, taken) in NOT_IN_THIS_VERSION {
        if fields.in_object(*field).is_some_and(|value| value.get() != *taken) {
            fields.wrong(*field, "is not in this version");
        }
    }
}
