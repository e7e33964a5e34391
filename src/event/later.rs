//! What the contract knows and this version does not do.

use super::fields::{self, Field, Fields, Source};

/// What of a field is refused.
enum Refused {
    /// Every value but this JSON.
    AllBut(&'static str),
    /// These words.
    Words(&'static [&'static str]),
}

/// The whole list; a row goes when its field comes.
const NOT_IN_THIS_VERSION: &[(Field, Refused)] = &[
    (fields::ACTION, Refused::Words(&["diagnose"])),
    (fields::PARALLELISM, Refused::AllBut("1")),
    (fields::PARTITION_BY, Refused::AllBut("null")),
    (fields::TABLE, Refused::AllBut("null")),
];

/// Notes what is asked of that list.
pub(super) fn refuse(fields: &mut Fields<'_>) {
    for (field, refused) in NOT_IN_THIS_VERSION {
        match refused {
            Refused::AllBut(json) => {
                if fields.in_event(*field).is_some_and(|value| value.get() != *json) {
                    fields.wrong(Source::Event(field.name), "is not in this version");
                }
            }
            Refused::Words(words) => {
                let Some((source, text)) = fields.peek(*field) else { continue };
                if let Some(word) = words.iter().find(|word| **word == text) {
                    fields.wrong(source, &format!("asks for {word}, which is not in this version"));
                }
            }
        }
    }
}
