//! Reads whether the export goes on where the last one ended.

use super::given::Given;
use super::{fields, values};
use crate::fields::{Field, Fields, Schema};
use crate::form;
use crate::job::{Incremental, LocalOutput, Query, Template, Watermark};

const STREAM: Field = Field::new("stream");
const WATERMARK: Field = Field::new("watermark");
const ON_SCHEMA_CHANGE: Field = Field::new("onSchemaChange");
const RESTART: Field = Field::new("restart");
const INCREMENTAL: Schema =
    Schema { fields: &[STREAM, WATERMARK, ON_SCHEMA_CHANGE, RESTART], operators_alone: &[] };

const COLUMN: Field = Field::new("column");
const OF_COLUMN: Schema = Schema { fields: &[COLUMN], operators_alone: &[] };

/// `true` goes on with other columns.
const SCHEMA_CHANGES: &[(&str, bool)] = &[("fail", false), ("continue", true)];

/// What goes not with an incremental export, and why.
const OTHERS: [(Field, &str); 11] = [
    (fields::QUERY, NEEDS_TABLE),
    (fields::QUERY_PARAM, NEEDS_TABLE),
    (fields::TABLES, NEEDS_TABLE),
    (fields::SPLIT_BY, "goes not with `incremental`, which divides the table by itself: leave it out"),
    (fields::MAX_FILE_SIZE, ONE_OBJECT),
    (fields::PARTITION_BY, ONE_OBJECT),
    (fields::MANIFEST, ONE_OBJECT),
    (fields::FILE_NAME, NAMED),
    (fields::FILE_NAME_PREFIX, NAMED),
    (fields::IF_EXISTS, NAMED),
    (fields::ON_EMPTY, "goes not with `incremental`, which writes no object if nothing is new: leave it out"),
];
const NEEDS_TABLE: &str = "goes not with `incremental`, which exports one `table`";
const ONE_OBJECT: &str = "goes not with `incremental`, of which each run writes one object: leave it out";
const NAMED: &str = "goes not with `incremental`, whose objects have names of their own: leave it out";

/// The longest name of a stream in bytes.
const LONGEST: usize = 128;

/// Reads the field, and reports fields that do not go with it.
pub(super) fn read(fields: &mut Fields<'_>, query: &Query, given: &Given) -> Option<Incremental> {
    fields.in_object(fields::INCREMENTAL)?;
    for (field, what) in OTHERS {
        if fields.in_object(field).is_some() {
            fields.wrong(field, what);
        }
    }
    if !matches!(query, Query::Table(_)) && !has_another_source(fields) {
        fields.wrong(fields::INCREMENTAL, "needs `table`");
    }
    let has_placeholder =
        |text: &str| Template::parse(text).is_ok_and(|prefix| prefix.as_constant().is_none());
    let prefix: Option<String> =
        fields.in_object(fields::KEY_PREFIX).and_then(|value| serde_json::from_str(value.get()).ok());
    let prefix = prefix.or_else(|| fields.in_environment(fields::KEY_PREFIX).map(str::to_owned));
    if given.output.is_none() && prefix.is_some_and(|prefix| has_placeholder(&prefix)) {
        fields.mistakes.add(
            "`keyPrefix` has a placeholder, but the state of an incremental export must lie in the same place for every run.",
        );
    }
    match &given.output {
        Some(LocalOutput::Path(path)) if given.is_folder && path.as_constant().is_some() => {}
        Some(_) => fields.mistakes.add(
            "--output must be a folder for an incremental export, such as --output exports/, without placeholders.",
        ),
        None => {}
    }
    fields.object(fields::INCREMENTAL, &INCREMENTAL, options)?
}

/// Returns whether the event names another source, which has been reported.
fn has_another_source(fields: &Fields<'_>) -> bool {
    [fields::QUERY, fields::QUERY_PARAM, fields::TABLES]
        .iter()
        .any(|field| fields.in_object(*field).is_some())
}

fn options(incremental: &mut Fields<'_>) -> Option<Incremental> {
    if incremental.in_object(STREAM).is_none() {
        incremental.wrong(STREAM, "is missing: name the stream, such as orders");
    }
    let stream = incremental.text(STREAM, stream).value();
    let watermark = watermark(incremental);
    let continues = incremental.one_of(ON_SCHEMA_CHANGE, SCHEMA_CHANGES).value().unwrap_or(false);
    let restart = incremental.boolean(RESTART).value().unwrap_or(false);
    Some(Incremental {
        stream: stream?,
        watermark: watermark?,
        continues_with_other_columns: continues,
        restart,
    })
}

fn watermark(incremental: &mut Fields<'_>) -> Option<Watermark> {
    let Some(value) = incremental.in_object(WATERMARK) else { return Some(Watermark::Xmin) };
    if value.get().starts_with('{') {
        let column = incremental.object(WATERMARK, &OF_COLUMN, |of_column| {
            if of_column.in_object(COLUMN).is_none() {
                of_column.wrong(COLUMN, "is missing: name a column of type xid8");
            }
            of_column.text(COLUMN, values::column).value()
        });
        return column.flatten().map(Watermark::Column);
    }
    let xmin = |text: &str| match text {
        "xmin" => Ok(Watermark::Xmin),
        _ => Err("must be \"xmin\" or {\"column\": \"NAME\"}".to_owned()),
    };
    incremental.text(WATERMARK, xmin).value()
}

/// Checks the name of a stream, which becomes a folder.
fn stream(text: &str) -> Result<String, String> {
    const MUST_BE: &str = "a name of letters, digits, dots, underscores and hyphens that begins with a letter, a digit or a hyphen";
    form::no_credentials(text, MUST_BE)?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let begins = text.bytes().next().is_some_and(is_letter);
    if begins && text.len() <= LONGEST && text.bytes().all(|byte| is_letter(byte) || b"._".contains(&byte)) {
        return Ok(text.to_owned());
    }
    Err(form::refusal(text, MUST_BE))
}
