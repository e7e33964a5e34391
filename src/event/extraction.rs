//! The parameters of `action: extract`.

use chrono::{DateTime, Utc};

use super::given::Given;
use super::invalid::invalid;
use super::limits::Limits;
use super::raw_event::RawEvent;
use super::{csv, fields, if_exists, later, overview, role, values, write_options};
use crate::error::Result;
use crate::fields::{self as json, Field, Fields, Read};
use crate::form;
use crate::job::{
    Compression, Configured, Extraction, FileFormat, FileName, MAX_PARAMS, Naming, ObjectTarget,
    OnEmpty, Param, Query, Source, Target, Template, WriteOptions, check_key,
};
use crate::names::MAX_KEY_BYTES;

/// The default name of the parameter with the database configuration.
pub const DEFAULT_CONFIG_PARAM: &str = "/myapp/db/";
const DEFAULT_FILE_NAME_PREFIX: &str = "data_export";
const NO_BUCKET: &str = "`bucket` is missing: set it in the event or as S3_BUCKET_NAME.";
const ON_EMPTY: &[(&str, OnEmpty)] =
    &[("header", OnEmpty::Header), ("fail", OnEmpty::Fail), ("skip", OnEmpty::Skip)];

/// Reads and checks the fields of an extraction.
pub(super) fn read(
    mut fields: Fields<'_>,
    limits: &Limits,
    event: &RawEvent,
    given: &Given,
) -> Result<Extraction> {
    later::refuse(&mut fields);
    of_other_actions(&mut fields);

    let db_config_param = fields.text(fields::DB_CONFIG_PARAM, form::parameter_name);
    let operators = fields.in_environment(fields::DB_CONFIG_PARAM).unwrap_or(DEFAULT_CONFIG_PARAM);
    limits.config_param(&db_config_param, Some(operators), &mut fields.mistakes);

    let role = role::read(&mut fields, limits);
    let source = given.login.clone().map_or_else(
        || {
            let parameter = db_config_param.value().unwrap_or_else(|| DEFAULT_CONFIG_PARAM.to_owned());
            Source::Configured(Configured { parameter, role })
        },
        Source::Login,
    );
    let query = query(&mut fields, limits);
    let params = params(&mut fields);
    if query == Query::DefaultTableList && !params.is_empty() {
        fields.mistakes.add("`params` came without a query, and the default one takes none.");
    }

    let bucket = fields.text(fields::BUCKET, form::bucket);
    let operators = fields.in_environment(fields::BUCKET);
    limits.bucket(&bucket, operators, &mut fields.mistakes);
    let mut options = WriteOptions::default();
    if given.output.is_none() {
        if bucket == Read::Missing {
            fields.mistakes.add(NO_BUCKET);
        }
        options = write_options::read(&mut fields);
    }
    let bucket_owner = fields.text(fields::BUCKET_OWNER, form::account);
    let (key_prefix, file_name) = key(&mut fields, event.id());
    let csv = csv::read(&mut fields);

    let (compression, compression_level) = compression(&mut fields);
    check_key_length(&mut fields, key_prefix.as_deref(), &file_name, event.id(), compression);
    let target = match (given.output.clone(), bucket.value()) {
        (Some(output), _) => Some(Target::Local(output, if_exists::of_file(&mut fields))),
        (None, bucket) => {
            let (bucket_owner, if_exists) = (bucket_owner.value(), if_exists::of_object(&mut fields));
            bucket.map(|bucket| {
                Target::Object(ObjectTarget {
                    bucket,
                    bucket_owner,
                    key_prefix,
                    file_name,
                    options,
                    if_exists,
                })
            })
        }
    };
    let on_empty = fields.one_of(fields::ON_EMPTY, ON_EMPTY);

    // An invalid query has its own error type, unless there are other mistakes.
    if let Query::Text(text) = &query
        && let Err(problem) = extractor_sql::rewrite(text)
    {
        if fields.mistakes.is_empty() {
            return Err(problem.into());
        }
        fields.mistakes.add(problem.to_string());
    }
    fields.mistakes.check().map_err(invalid)?;
    let target = target.ok_or_else(|| invalid(NO_BUCKET))?;
    Ok(Extraction {
        source,
        query,
        params,
        allow_writes: limits.writes,
        format: FileFormat::Csv(csv),
        compression,
        compression_level,
        target,
        on_empty: on_empty.value().unwrap_or(OnEmpty::Header),
        event_id: event.id().map(str::to_owned),
    })
}

/// Reports fields that belong to other actions.
fn of_other_actions(fields: &mut Fields<'_>) {
    for field in [fields::ROLES, fields::METRICS, fields::IDENTIFIER, fields::ENGINE] {
        if fields.in_object(field).is_some() {
            fields.wrong(field, "is for action discover only");
        }
    }
    for field in overview::ONLY {
        if fields.in_object(field).is_some() {
            fields.wrong(field, "is for action overview only");
        }
    }
}

/// Reads the query of the event, else that of the environment. Neither may have two.
fn query(fields: &mut Fields<'_>, limits: &Limits) -> Query {
    let has = |fields: &Fields<'_>, field: Field| fields.in_object(field).is_some();
    let in_event = (has(fields, fields::QUERY), has(fields, fields::QUERY_PARAM));
    let in_environment = (
        fields.in_environment(fields::QUERY).is_some(),
        fields.in_environment(fields::QUERY_PARAM).is_some(),
    );
    match (in_event, in_environment) {
        ((true, true), _) => {
            fields.mistakes.add("`query` and `queryParam` exclude each other: give one of them.");
        }
        ((false, false), (true, true)) => {
            fields
                .mistakes
                .add("The variables `DB_QUERY` and `DB_QUERY_PARAM` exclude each other: set one of them.");
        }
        _ => {}
    }
    let use_text = in_event.0 || (!in_event.1 && in_environment.0);
    let use_parameter = in_event.1 || (!in_event.0 && in_environment.1);
    let text = if use_text { fields.text(fields::QUERY, values::query) } else { Read::Missing };
    let parameter = if use_parameter {
        fields.text(fields::QUERY_PARAM, values::query_parameter_name)
    } else {
        Read::Missing
    };
    limits.query(&text, &mut fields.mistakes);
    let operators = fields.in_environment(fields::QUERY_PARAM);
    limits.query_param(&parameter, operators, &mut fields.mistakes);
    match (text.value(), parameter.value()) {
        (Some(sql), _) => Query::Text(sql),
        (None, Some(name)) => Query::Parameter(name),
        (None, None) => Query::DefaultTableList,
    }
}

fn params(fields: &mut Fields<'_>) -> Vec<Param> {
    let elements = fields.array(fields::PARAMS).unwrap_or_default();
    if elements.len() > MAX_PARAMS {
        let what = format!("has {} values, but a statement takes {MAX_PARAMS} at most", elements.len());
        fields.wrong(fields::PARAMS, &what);
        return Vec::new();
    }
    let mut params = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        match Param::read(element) {
            Ok(param) => params.push(param),
            Err(what) => fields.mistakes.add(format!("`params[{index}]` {what}.")),
        }
    }
    params
}

/// Reads the prefix and the file name, which together must make a valid key.
fn key(fields: &mut Fields<'_>, event_id: Option<&str>) -> (Option<String>, FileName) {
    let part = |text: &str| {
        check_key(text)?;
        form::no_credentials(text, "a part of the object's key").map(|()| text.to_owned())
    };
    let prefix = fields.text(fields::KEY_PREFIX, part).value();
    let prefix = prefix.map(|prefix| prefix.strip_suffix('/').map_or(prefix.clone(), str::to_owned));
    let prefix = prefix.filter(|prefix| !prefix.is_empty());

    let not_empty =
        |text: &str| if text.is_empty() { Err("must not be empty".to_owned()) } else { part(text) };
    let exact =
        fields.text(fields::FILE_NAME, |text| Template::parse(&not_empty(text)?).map(FileName::Exact));
    let by_prefix = fields.text(fields::FILE_NAME_PREFIX, not_empty).value();
    if matches!(&exact, Read::Given(name, _) if name.needs_event_id()) && event_id.is_none() {
        let what = "uses {eventId}, but this event came through neither EventBridge nor SQS; {requestId} always works";
        fields.wrong(fields::FILE_NAME, what);
    }
    if let Some(id) = event_id.filter(|_| matches!(&exact, Read::Given(name, _) if name.needs_event_id()))
        && let Err(what) = part(id)
    {
        fields.wrong(fields::FILE_NAME, &format!("uses {{eventId}}, which {what}"));
    }
    let name = exact.value().unwrap_or_else(|| {
        FileName::Prefix(by_prefix.unwrap_or_else(|| DEFAULT_FILE_NAME_PREFIX.to_owned()))
    });
    (prefix, name)
}

/// Reports a key that is too long before any call to AWS, assuming a request id as long as Lambda's.
fn check_key_length(
    fields: &mut Fields<'_>,
    prefix: Option<&str>,
    name: &FileName,
    event_id: Option<&str>,
    compression: Compression,
) {
    let naming = Naming { request_id: &"0".repeat(36), started: DateTime::<Utc>::UNIX_EPOCH };
    let name = name.resolve(naming, event_id, compression);
    let bytes = prefix.map_or(0, |prefix| prefix.len() + 1) + name.len();
    if bytes > MAX_KEY_BYTES {
        fields.mistakes.add(format!(
            "`keyPrefix` and the file name make a key of {bytes} bytes, but S3 takes {MAX_KEY_BYTES} at most."
        ));
    }
}

/// Reads the compression and its level. The variable's level belongs to the variable's compression: it is
/// ignored if the event requests another compression or none.
fn compression(fields: &mut Fields<'_>) -> (Compression, Option<i32>) {
    let read = fields.one_of(fields::COMPRESSION, &Compression::NAMES);
    let level = fields.integer(fields::COMPRESSION_LEVEL);
    let compression = match read {
        Read::Missing => Compression::None,
        Read::Given(compression, _) => compression,
        Read::Wrong => return (Compression::None, None),
    };
    let Read::Given(level, source) = level else { return (compression, None) };
    let name = compression.as_str();
    let Some(levels) = compression.levels() else {
        if matches!(source, json::Source::Field(_)) {
            fields.wrong_at(&source, "is for a file that is compressed: give `compression` too");
        }
        return (compression, None);
    };
    let operators = fields.in_environment(fields::COMPRESSION);
    if matches!(source, json::Source::Variable(_))
        && operators.is_some_and(|other| other != "none" && other != name)
    {
        return (compression, None);
    }
    if !levels.contains(&level) {
        let (least, most) = levels.into_inner();
        fields.wrong_at(&source, &format!("must be {least} to {most}, the levels of {name}"));
    }
    (compression, Some(level))
}
