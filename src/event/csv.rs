//! The CSV options of an event (`csv`).

use extractor_encode::csv::{CsvOptions, Dialect, LineEnding, Quote};

use super::csv_preset::Preset;
use super::fields;
use crate::fields::{Field, Fields, Schema};

const PRESET: Field = Field::new("preset");
const DIALECT: Field = Field::new("dialect");
const DELIMITER: Field = Field::new("delimiter");
const QUOTE: Field = Field::new("quote");
const HEADER: Field = Field::new("header");
const NULL: Field = Field::new("null");
const LINE_ENDING: Field = Field::new("lineEnding");
const BOM: Field = Field::new("bom");
const ESCAPE_FORMULAS: Field = Field::new("escapeFormulas");
const CSV: Schema = Schema {
    fields: &[PRESET, DIALECT, DELIMITER, QUOTE, HEADER, NULL, LINE_ENDING, BOM, ESCAPE_FORMULAS],
    operators_alone: &[],
};

const DIALECTS: &[(&str, Dialect)] = &[("java", Dialect::Java), ("postgres", Dialect::Postgres)];
const QUOTES: &[(&str, Quote)] = &[("all", Quote::All), ("minimal", Quote::Minimal)];
const LINE_ENDINGS: &[(&str, LineEnding)] = &[("lf", LineEnding::Lf), ("crlf", LineEnding::CrLf)];

/// Reads the options. `dialect` is the default of their dialect, which a preset takes precedence over.
pub(super) fn read(fields: &mut Fields<'_>, dialect: Dialect) -> CsvOptions {
    let options = fields.object(fields::CSV, &CSV, |csv| options(csv, dialect));
    options.unwrap_or_else(|| CsvOptions::for_dialect(dialect))
}

fn options(csv: &mut Fields<'_>, dialect: Dialect) -> CsvOptions {
    let preset = csv.one_of(PRESET, Preset::NAMES).value();
    let dialect = csv.one_of(DIALECT, DIALECTS).value().unwrap_or(preset.map_or(dialect, Preset::dialect));
    let default = preset.map_or_else(|| CsvOptions::for_dialect(dialect), |preset| preset.options(dialect));
    let options = CsvOptions {
        dialect,
        delimiter: csv.text(DELIMITER, delimiter).value().unwrap_or(default.delimiter),
        quote: csv.one_of(QUOTE, QUOTES).value().unwrap_or(default.quote),
        header: csv.boolean(HEADER).value().unwrap_or(default.header),
        null: csv.text(NULL, |text| Ok(text.to_owned())).value().or(default.null),
        line_ending: csv.one_of(LINE_ENDING, LINE_ENDINGS).value().unwrap_or(default.line_ending),
        bom: csv.boolean(BOM).value().unwrap_or(default.bom),
        escape_formulas: csv.boolean(ESCAPE_FORMULAS).value().unwrap_or(default.escape_formulas),
    };
    for problem in options.check().err().into_iter().flatten() {
        csv.wrong(Field::new(problem.option), problem.reason);
    }
    options
}

fn delimiter(text: &str) -> Result<u8, String> {
    match (text.as_bytes(), text.chars().count()) {
        ([byte], _) => Ok(*byte),
        (_, 1) => Err("must be an ASCII character".to_owned()),
        (_, count) => Err(format!("must be one ASCII character, not {count}")),
    }
}
