//! From the event's fields to the checked request.

use chrono::{DateTime, Utc};
use extractor_encode::csv::{CsvOptions, Dialect};
use serde_json::value::RawValue;

use super::compression::Compression;
use super::envelope::RawEvent;
use super::environment::Environment;
use super::extraction::{Action, Extraction, IfExists, OnEmpty, Query, Role};
use super::fields::{self, Field, Fields, Read, Source};
use super::file_name::{self, FileName, Naming, Template};
use super::json::{Kind, Object};
use super::limits::Limits;
use super::mistakes::{Mistakes, shown};
use super::params::{MAX_PARAMS, Param};
use super::{later, values};
use crate::error::Result;
use crate::names::MAX_KEY_BYTES;

const ACTIONS: &[(&str, Action)] =
    &[("extract", Action::Extract), ("diagnose", Action::Diagnose), ("discover", Action::Discover)];
/// The parameter with the database configuration where nobody names one.
pub const DEFAULT_CONFIG_PARAM: &str = "/myapp/db/";
const DEFAULT_ROLE_NAME: &str = "CrossAccountRDSAccessRole";
const DEFAULT_FILE_NAME_PREFIX: &str = "data_export";

impl Extraction {
    /// Checks an event: its fields over the variables over the defaults.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` with all mistakes, one sentence each; `QueryInvalid` if the only one is that the query is
    /// not one statement. Values of queries, parameters and external ids are never in it.
    pub fn check(event: &RawEvent, environment: &Environment) -> Result<Self> {
        let mut fields = Fields::new(Object::read(event.json())?, environment);
        let limits = Limits::new(environment, &mut fields.mistakes);
        later::refuse(&mut fields);
        discover_only(&mut fields);

        let action = fields.text(fields::ACTION, |text| values::one_of(ACTIONS, text));
        let db_config_param = fields.text(fields::DB_CONFIG_PARAM, values::parameter_name);
        let operators = fields.in_environment(fields::DB_CONFIG_PARAM).unwrap_or(DEFAULT_CONFIG_PARAM);
        limits.config_param(&db_config_param, Some(operators), &mut fields.mistakes);

        let role = role(&mut fields, environment, &limits);
        let query = query(&mut fields, &limits);
        let params = params(&mut fields);
        if query == Query::DefaultTableList && !params.is_empty() {
            fields.mistakes.add("`params` came without a query, and the default one takes none.");
        }

        let bucket = fields.text(fields::BUCKET, values::bucket);
        let operators = fields.in_environment(fields::BUCKET);
        limits.bucket(&bucket, operators, &mut fields.mistakes);
        if bucket == Read::Missing && event.needs_bucket() {
            fields.mistakes.add("`bucket` is missing: set it in the event or as S3_BUCKET_NAME.");
        }
        let bucket_owner = fields.text(fields::BUCKET_OWNER, values::account);
        let (key_prefix, file_name) = key(&mut fields, event.id());
        let csv = csv(&mut fields);

        let (compression, compression_level) = compression(&mut fields);
        check_key_length(&mut fields, key_prefix.as_deref(), &file_name, event.id(), compression);
        let if_exists = fields.text(fields::IF_EXISTS, |text| {
            values::one_of(
                &[("suffix", IfExists::Suffix), ("fail", IfExists::Fail), ("skip", IfExists::Skip)],
                text,
            )
        });
        let on_empty = fields.text(fields::ON_EMPTY, |text| {
            values::one_of(
                &[("header", OnEmpty::Header), ("fail", OnEmpty::Fail), ("skip", OnEmpty::Skip)],
                text,
            )
        });
        let raise_on_error = fields.boolean(fields::RAISE_ON_ERROR);

        // A query that cannot be sent has its own error, unless there is more to fix.
        if let Query::Text(text) = &query
            && let Err(problem) = extractor_sql::rewrite(text)
        {
            if fields.mistakes.is_empty() {
                return Err(problem.into());
            }
            fields.mistakes.add(problem.to_string());
        }
        fields.mistakes.check()?;
        Ok(Self {
            action: action.value().unwrap_or(Action::Extract),
            db_config_param: db_config_param.value().unwrap_or_else(|| DEFAULT_CONFIG_PARAM.to_owned()),
            role,
            query,
            params,
            bucket: bucket.value().unwrap_or_default(),
            bucket_owner: bucket_owner.value(),
            key_prefix,
            file_name,
            csv,
            compression,
            compression_level,
            if_exists: if_exists.value().unwrap_or(IfExists::Suffix),
            on_empty: on_empty.value().unwrap_or(OnEmpty::Header),
            raise_on_error: raise_on_error.value().unwrap_or(false),
            allow_writes: limits.writes,
            event_id: event.id().map(str::to_owned),
        })
    }
}

/// Whether a failure of this event is to fail the invocation, also where the event cannot be run. What is no
/// boolean counts as not given.
pub fn raises_on_error(event: &RawEvent, environment: &Environment) -> bool {
    let object = Object::read(event.json()).ok();
    let in_event =
        object.and_then(|object| serde_json::from_str(object.get(fields::RAISE_ON_ERROR.name)?.get()).ok());
    let variable = fields::RAISE_ON_ERROR.variable.and_then(|variable| environment.get(variable));
    in_event.or_else(|| variable?.parse().ok()).unwrap_or(false)
}

/// What an event asks for, also where the rest of it is wrong; what is none of the actions is an extraction, which the
/// check refuses.
pub fn asked_action(event: &RawEvent) -> Action {
    let asked = Object::read(event.json()).ok().and_then(|object| object.string(fields::ACTION.name));
    let known = |asked: String| ACTIONS.iter().find(|(name, _)| *name == asked).map(|&(_, action)| action);
    asked.and_then(known).unwrap_or(Action::Extract)
}

pub(super) fn role(fields: &mut Fields<'_>, environment: &Environment, limits: &Limits) -> Option<Role> {
    let operators = operators_role(environment, &mut fields.mistakes);
    let asked = fields.text(fields::ROLE_ARN, values::role_arn);
    limits.role_arn(&asked, operators.as_deref(), &mut fields.mistakes);
    let external_id = fields.text(fields::EXTERNAL_ID, values::external_id).value();
    asked.value().or(operators).map(|arn| Role { arn, external_id })
}

/// Notes what only `action: discover` knows.
fn discover_only(fields: &mut Fields<'_>) {
    for field in [fields::ROLES, fields::METRICS, fields::IDENTIFIER, fields::ENGINE] {
        if fields.in_event(field).is_some() {
            fields.wrong(Source::Event(field.name), "is for action discover only");
        }
    }
}

/// The role that the operator's variables make up.
pub(super) fn operators_role(environment: &Environment, mistakes: &mut Mistakes) -> Option<String> {
    let mut read = |variable, check: fn(&str) -> Result<String, String>| {
        let checked = check(environment.get(variable)?);
        checked.map_err(|what| mistakes.add(format!("{} {what}.", Source::Variable(variable)))).ok()
    };
    let account = read("ACCOUNT_B_ID", values::account)?;
    let name = match environment.get("CROSS_ACCOUNT_ROLE_NAME") {
        Some(_) => read("CROSS_ACCOUNT_ROLE_NAME", values::role_name)?,
        None => DEFAULT_ROLE_NAME.to_owned(),
    };
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    Some(format!("arn:{}:iam::{account}:role/{name}", values::partition(region.unwrap_or_default())))
}

/// The query of the layer that has one. Within a layer there must not be two.
fn query(fields: &mut Fields<'_>, limits: &Limits) -> Query {
    let has = |fields: &Fields<'_>, field: Field| fields.in_event(field).is_some();
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
    let Some(array) = fields.of_kind(fields::PARAMS, Kind::Array).value() else { return Vec::new() };
    let elements: Vec<&RawValue> = serde_json::from_str(array.get()).unwrap_or_default();
    if elements.len() > MAX_PARAMS {
        let what = format!("has {} values, but a statement takes {MAX_PARAMS} at most", elements.len());
        fields.wrong(Source::Event(fields::PARAMS.name), &what);
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

/// The prefix and the file name. Together they must make a key that S3 takes.
fn key(fields: &mut Fields<'_>, event_id: Option<&str>) -> (Option<String>, FileName) {
    let part = |text: &str| file_name::check_key(text).map(|()| text.to_owned());
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
        fields.wrong(Source::Event(fields::FILE_NAME.name), what);
    }
    let name = exact.value().unwrap_or_else(|| {
        FileName::Prefix(by_prefix.unwrap_or_else(|| DEFAULT_FILE_NAME_PREFIX.to_owned()))
    });
    (prefix, name)
}

/// Finds a key that is too long before any call to AWS, taking a request id as long as Lambda's.
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

fn csv(fields: &mut Fields<'_>) -> CsvOptions {
    let default = CsvOptions::for_dialect(Dialect::Java);
    let Some(csv) = fields.of_kind(fields::CSV, Kind::Object).value() else { return default };
    let Ok(value) = serde_json::from_str(csv.get()) else {
        fields.wrong(Source::Event(fields::CSV.name), "is nested too deep or has half a character");
        return default;
    };
    CsvOptions::from_json(&value).unwrap_or_else(|problems| {
        for problem in problems {
            fields.wrong(
                Source::Event(fields::CSV.name),
                &format!("{}: {}", shown(&problem.field), problem.reason),
            );
        }
        default
    })
}

/// The compression and its level. The variable's level goes with the variable's compression: it does not count where
/// the event asks for another one, or for none.
fn compression(fields: &mut Fields<'_>) -> (Compression, Option<i32>) {
    let read = fields.text(fields::COMPRESSION, |text| values::one_of(&Compression::NAMES, text));
    let level = fields.integer(fields::COMPRESSION_LEVEL);
    let compression = match read {
        Read::Missing => Compression::None,
        Read::Given(compression, _) => compression,
        Read::Wrong => return (Compression::None, None),
    };
    let Read::Given(level, source) = level else { return (compression, None) };
    let name = compression.as_str();
    let Some(levels) = compression.levels() else {
        if matches!(source, Source::Event(_)) {
            fields.wrong(source, &format!("is {level}, but nothing is compressed: give `compression` too"));
        }
        return (compression, None);
    };
    let operators = fields.in_environment(fields::COMPRESSION);
    if matches!(source, Source::Variable(_))
        && operators.is_some_and(|other| other != "none" && other != name)
    {
        return (compression, None);
    }
    if !levels.contains(&level) {
        let (least, most) = levels.into_inner();
        fields.wrong(source, &format!("is {level}, but {name} has the levels {least} to {most}"));
    }
    (compression, Some(level))
}
