//! The parameters of `action: extract`.

use extractor_encode::csv::Dialect;

use super::given::Given;
use super::invalid::invalid;
use super::limits::Limits;
use super::named::Named;
use super::raw_event::RawEvent;
use super::{
    compression, fields, format, if_exists, incremental, layout, name, overview, readers, role, tables,
    values, write_options,
};
use crate::error::Result;
use crate::fields::{Field, Fields, Read};
use crate::form;
use crate::job::{
    Compression, Configured, Extraction, FileFormat, Layout, LocalOutput, MAX_PARAMS, ObjectTarget, OnEmpty,
    Param, Query, Readers, Source, Target, WriteOptions,
};

/// The default name of the parameter with the database configuration.
pub const DEFAULT_CONFIG_PARAM: &str = "/myapp/db/";
const NO_BUCKET: &str = "`bucket` is missing: set it in the event or as S3_BUCKET_NAME.";
const NO_OUTPUT: &str = "Nothing says where the rows go: add --output FILE (- for standard output), --output s3://BUCKET/KEY or \
     --bucket, or set `bucket` in the event or S3_BUCKET_NAME.";
const ROUTES: &[(&str, ())] = &[("function", ()), ("fargate", ())];
const ON_EMPTY: &[(&str, OnEmpty)] =
    &[("header", OnEmpty::Header), ("fail", OnEmpty::Fail), ("skip", OnEmpty::Skip)];

/// Reads and checks the fields of an extraction.
pub(super) fn read(
    mut fields: Fields<'_>,
    limits: &Limits,
    event: &RawEvent,
    given: &Given,
) -> Result<Extraction> {
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
    let asked = tables::read(&mut fields, limits).or_else(|| readers::table(&mut fields, limits));
    let query = asked.unwrap_or_else(|| query(&mut fields, limits));
    let params = params(&mut fields);
    if query == Query::DefaultTableList && !params.is_empty() {
        fields.mistakes.add("`params` came without a query, and the default one takes none.");
    }
    let of_tables = match query {
        Query::Table(_) => Some(fields::TABLE.name),
        Query::Tables(_) => Some(fields::TABLES.name),
        Query::Text(_) | Query::Parameter(_) | Query::DefaultTableList => None,
    };
    if let Some(field) = of_tables.filter(|_| !params.is_empty()) {
        fields
            .mistakes
            .add(format!("`params` came with `{field}`, which takes none: leave one of them out."));
    }
    let readers = readers::read(&mut fields, limits, &query);
    let incremental = incremental::read(&mut fields, &query, given);

    let bucket = fields.text(fields::BUCKET, form::bucket);
    let operators = fields.in_environment(fields::BUCKET);
    limits.bucket(&bucket, operators, &mut fields.mistakes);
    let mut options = WriteOptions::default();
    if given.output.is_none() {
        if bucket == Read::Missing {
            fields.mistakes.add(if given.from_shell { NO_OUTPUT } else { NO_BUCKET });
        }
        options = write_options::read(&mut fields);
    }
    let bucket_owner = fields.text(fields::BUCKET_OWNER, form::account);
    let layout = {
        let has_tables = matches!(query, Query::Tables(_));
        layout::read(&mut fields, given.output.as_ref(), given.is_folder, has_tables)
    };
    // A variable that is for every event does not make a set of a window.
    let layout = if incremental.is_some() { Layout::File } else { layout };
    let is_set = layout.set().is_some();
    let (key_prefix, file_name) = name::of_object(&mut fields, event.id(), is_set && given.is_folder);

    let named = match &given.output {
        _ if is_set || incremental.is_some() => Named::folder(),
        Some(LocalOutput::Path(path)) => {
            name::check_path(&mut fields, path, event.id());
            Named::file(path)
        }
        Some(LocalOutput::Stdout) => Named::nothing(),
        None => Named::object(&file_name),
    };
    let format = format::read(&mut fields, named, given.dialect.unwrap_or(Dialect::Java));
    let (compression, compression_level) = match format {
        // Its compression lies within the file.
        FileFormat::Parquet(_) => (Compression::None, None),
        FileFormat::Csv(_) | FileFormat::JsonLines => compression::read(&mut fields, named),
    };
    let extension = format.extension(compression);
    let longest = name::Longest { is_set, extension: &extension };
    name::check_key_length(&mut fields, key_prefix.as_ref(), &file_name, event.id(), longest);
    let target = match (given.output.clone(), bucket.value()) {
        (Some(output), _) => Some(Target::Local(output, if_exists::of_file(&mut fields, is_set))),
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
    // The way that the state machine takes; the run itself is the same.
    fields.one_of(fields::ROUTE, ROUTES);

    // An invalid query has its own error type, unless there are other mistakes.
    if let Query::Text(text) = &query
        && let Err(problem) = extractor_sql::rewrite(text)
    {
        if fields.mistakes.is_empty() {
            return Err(problem.into());
        }
        fields.mistakes.add(problem.to_string());
    }
    // Without a target the bucket is one of the mistakes.
    let Some(target) = target else { return Err(invalid(fields.mistakes.into_text())) };
    fields.mistakes.check().map_err(invalid)?;
    Ok(Extraction {
        source,
        query,
        params,
        allow_writes: limits.writes && readers == Readers::One && of_tables.is_none(),
        readers,
        allowed_tables: limits.allowed_tables(),
        format,
        compression,
        compression_level,
        layout,
        target,
        on_empty: on_empty.value().unwrap_or(OnEmpty::Header),
        event_id: event.id().map(str::to_owned),
        incremental,
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
    for field in [fields::TEMPLATE, fields::FOR_EACH] {
        if fields.in_object(field).is_some() {
            fields.wrong(field, "is for action plan only");
        }
    }
}

/// Reads the query of the event, or else that of the environment. Neither may have two.
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
