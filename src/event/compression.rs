//! Reads the compression of a file as a whole, which the end of a name chooses if nothing else does.

use super::fields;
use super::named::Named;
use crate::fields::{Fields, Read, Source};
use crate::job::{Compression, CompressionEnding as Ending};

/// Reads the compression and its level. The level of the variable belongs to the compression of the variable: it does not
/// count if another one is chosen, or none.
pub(super) fn read(fields: &mut Fields<'_>, named: Named) -> (Compression, Option<i32>) {
    let is_operators = fields.in_object(fields::COMPRESSION).is_none();
    // The operator's choice for Parquet.
    let read = if is_operators && fields.in_environment(fields::COMPRESSION) == Some("snappy") {
        Read::Missing
    } else {
        fields.one_of(fields::COMPRESSION, &Compression::NAMES)
    };
    let level = fields.integer(fields::COMPRESSION_LEVEL);
    let compression = match read {
        Read::Missing => agreed(fields, named, None),
        Read::Given(compression, source) => agreed(fields, named, Some((compression, source))),
        Read::Wrong => return (Compression::None, None),
    };
    let Read::Given(level, source) = level else { return (compression, None) };
    let name = compression.as_str();
    if compression.levels().is_none() {
        if matches!(source, Source::Field(_)) {
            fields.wrong_at(&source, "is for a file that is compressed: give `compression` too");
        }
        return (compression, None);
    }
    let operators = fields.in_environment(fields::COMPRESSION);
    if matches!(source, Source::Variable(_))
        && operators.is_some_and(|other| other != "none" && other != name)
    {
        return (compression, None);
    }
    check_level(fields, &source, level, compression);
    (compression, Some(level))
}

/// Refuses a level that the compression does not have.
pub(super) fn check_level(fields: &mut Fields<'_>, source: &Source, level: i32, compression: Compression) {
    if let Some(levels) = compression.levels().filter(|levels| !levels.contains(&level)) {
        let (least, most) = levels.into_inner();
        let name = compression.as_str();
        fields.wrong_at(source, &format!("must be {least} to {most}, the levels of {name}"));
    }
}

/// Returns the compression on which the name and the event, or the variable, agree. The name takes precedence
/// over the variable, which applies to every event.
fn agreed(fields: &mut Fields<'_>, named: Named, asked: Option<(Compression, Source)>) -> Compression {
    let Named { source: name, ending, has_header } = named;
    let ending = ending.compression;
    if let Some(what) = ending.refusal() {
        fields.mistakes.add(format!("{name} {what}."));
    }
    match (ending, asked) {
        (Ending::Of(by_name), Some((asked, Source::Field(_)))) if asked != by_name => {
            fields.mistakes.add(format!(
                "{name} ends with {}, but `compression` is {}: make them agree, or leave `compression` out.",
                by_name.extension(),
                asked.as_str()
            ));
            asked
        }
        (Ending::Of(by_name), _) => by_name,
        (Ending::Other, Some((asked, Source::Field(_)))) if asked != Compression::None && !has_header => {
            fields.mistakes.add(format!(
                "`compression` is {}, but the name of {name} does not end with {}: make them agree.",
                asked.as_str(),
                asked.extension()
            ));
            asked
        }
        (Ending::Other, Some((_, Source::Variable(_)))) if !has_header => Compression::None,
        (_, Some((asked, _))) => asked,
        (_, None) => Compression::None,
    }
}
