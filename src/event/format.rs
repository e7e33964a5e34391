//! Reads the format from the event, the extension of the name or the variable.

use extractor_encode::csv::Dialect;

use super::named::Named;
use super::{csv, fields};
use crate::fields::{Fields, Read, Source, one_of};
use crate::job::{FileFormat, Format, FormatEnding};

/// Reads the format and its options. `dialect` is the default dialect of CSV.
pub(super) fn read(fields: &mut Fields<'_>, named: Named, dialect: Dialect) -> FileFormat {
    let format = match fields.text(fields::FORMAT, format) {
        Read::Missing => agreed(fields, named, None),
        Read::Given(format, source) => agreed(fields, named, Some((format, source))),
        Read::Wrong => Format::Csv,
    };
    let csv = csv::read(fields, dialect);
    match format {
        Format::Csv => FileFormat::Csv(csv),
        Format::JsonLines => {
            if fields.in_object(fields::CSV).is_some() {
                fields.wrong(fields::CSV, "is for files of format csv, and this one is jsonl: leave it out");
            }
            FileFormat::JsonLines
        }
    }
}

fn format(text: &str) -> Result<Format, String> {
    if text == "parquet" {
        return Err("must be csv or jsonl: parquet is not in this version".to_owned());
    }
    one_of(&Format::NAMES, text)
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
