use extractor_encode::csv::{CsvOptions, Dialect, LineEnding, Quote};

use super::*;

fn options(csv: &serde_json::Value) -> CsvOptions {
    match checked(&json!({ "csv": csv }), &[]).format {
        FileFormat::Csv(options) => options,
        FileFormat::JsonLines | FileFormat::Parquet(_) => panic!("not CSV"),
    }
}

#[test]
fn an_empty_object_is_dialect_java() {
    for csv in [json!(null), json!({}), json!({"dialect": null, "bom": null}), json!({"dialect": "java"})] {
        assert_eq!(options(&csv), CsvOptions::for_dialect(Dialect::Java), "{csv}");
    }
    assert_eq!(options(&json!({"dialect": "postgres"})), CsvOptions::for_dialect(Dialect::Postgres));
}

#[test]
fn single_options_stand_beside_the_dialect() {
    let options = options(&json!({
        "bom": true, "delimiter": ";", "dialect": "postgres", "escapeFormulas": true, "header": false, "lineEnding": "crlf", "null": "NULL",
        "quote": "all",
    }));
    assert_eq!(
        options,
        CsvOptions {
            dialect: Dialect::Postgres,
            delimiter: b';',
            quote: Quote::All,
            header: false,
            null: Some("NULL".to_owned()),
            line_ending: LineEnding::CrLf,
            bom: true,
            escape_formulas: true,
        }
    );
}

#[test]
fn an_option_beside_a_preset_wins() {
    let marked = CsvOptions {
        quote: Quote::All,
        null: Some("\\N".to_owned()),
        ..CsvOptions::for_dialect(Dialect::Postgres)
    };
    assert_eq!(options(&json!({"preset": "redshift"})), marked);
    let semicolons = CsvOptions { delimiter: b';', ..options(&json!({"preset": "excel"})) };
    assert_eq!(options(&json!({"preset": "excel", "delimiter": ";"})), semicolons);
    // The other dialect brings its values, and the preset keeps its options.
    let java = CsvOptions { dialect: Dialect::Java, ..marked };
    assert_eq!(options(&json!({"dialect": "java", "preset": "redshift"})), java);
    let none = json!({"preset": "excel", "quote": "all", "null": "-", "lineEnding": "lf", "bom": false, "escapeFormulas": false});
    let none = options(&none);
    assert_eq!(none, CsvOptions { null: Some("-".to_owned()), ..CsvOptions::for_dialect(Dialect::Java) });
}

#[test]
fn every_mistake_is_named_with_its_option() {
    refused(
        &json!({"csv": {"delimter": ";", "quote": "non", "header": "yes", "null": 0, "bom": 1, "lineEnding": "crfl"}}),
        "\"delimter\" is not a field of `csv`; did you mean `delimiter`? \
         `csv.quote` must be one of all, minimal. \
         `csv.header` must be true or false, not a string. \
         `csv.null` must be a string, not a number. \
         `csv.lineEnding` must be one of lf, crlf; did you mean crlf? \
         `csv.bom` must be true or false, not a number.",
    );
    refused(
        &json!({"csv": {"dialect": "postgers"}}),
        "`csv.dialect` must be one of java, postgres; did you mean postgres?",
    );
    refused(
        &json!({"csv": {"preset": "redshfit"}}),
        "`csv.preset` must be one of redshift, snowflake, athena, bigquery, excel; did you mean redshift?",
    );
    refused(&json!({"csv": {"delimiter": "é"}}), "`csv.delimiter` must be an ASCII character.");
    refused(&json!({"csv": {"delimiter": ""}}), "`csv.delimiter` must be one ASCII character, not 0.");
    refused(&json!({"csv": {"delimiter": "||"}}), "`csv.delimiter` must be one ASCII character, not 2.");
    let twice = RawEvent::new(r#"{"csv": {"bom": true, "bom": false}}"#);
    let error = extraction(&twice, &environment(&[])).unwrap_err();
    assert_eq!(error.message, "`csv.bom` is given twice.");
}

#[test]
fn options_that_no_reader_could_read_back_are_refused() {
    refused(
        &json!({"csv": {"delimiter": "\"", "null": "a\nb"}}),
        "`csv.delimiter` cannot be the quote. \
         `csv.null` cannot contain a line ending or NUL: it would end the record.",
    );
}
