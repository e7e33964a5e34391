//! Reads the format from the event, the extension of the name or the variable.

use extractor_encode::csv::Dialect;

use super::named::Named;
use super::{csv, fields, parquet};
use crate::fields::{Fields, Read, Source};
use crate::job::{FileFormat, Format, FormatEnding};

/// Reads the format and its options. `dialect` is the default dialect of CSV.
pub(super) fn read(fields: &mut Fields<'_>, named: Named, dialect: Dialect) -> FileFormat {
    let format = match fields.one_of(fields::FORMAT, &Format::NAMES) {
        Read::Missing => agreed(fields, named, None),
        Read::Given(format, source) => agreed(fields, named, Some((format, source))),
        Read::Wrong => Format::Csv,
    };
    for (field, of) in [(fields::CSV, Format::Csv), (fields::PARQUET, Format::Parquet)] {
        if format != of && fields.in_object(field).is_some() {
            let (of, this) = (of.as_str(), format.as_str());
            fields
                .wrong(field, &format!("is for files of format {of}, and this one is {this}: leave it out"));
        }
    }
    match format {
        Format::Csv => FileFormat::Csv(csv::read(fields, dialect)),
        Format::JsonLines => FileFormat::JsonLines,
        Format::Parquet => FileFormat::Parquet(parquet::read(fields, named)),
    }
}

/// Returns the format on which the name and the event, or the variable, agree. The name takes precedence over
/// the variable, which applies to every event.
fn agreed(fields: &mut Fields<'_>, named: Named, asked: Option<(Format, Source)>) -> Format {
    let Named { source: name, ending, .. } = named;
    let format = match (ending.format, asked) {
        (FormatEnding::Of(by_name, ending), Some((asked, Source::Field(_)))) if asked != by_name => {
            fields.mistakes.add(format!(
                "{name} ends with {ending}, but `format` is {}: make them agree, or leave `format` out.",
                asked.as_str()
            ));
            asked
        }
        (FormatEnding::Of(by_name, _), _) => by_name,
        (_, Some((asked, _))) => asked,
        (_, None) => Format::Csv,
    };
    if let Some(what) = ending.format.refusal(format) {
        fields.mistakes.add(format!("{name} {what}."));
    }
    format
}
