//! Reads what the events of a plan are made for.

use std::borrow::Cow;

use serde_json::json;
use serde_json::value::RawValue;

use super::range;
use crate::event::limits::Limits;
use crate::event::{fields, tables};
use crate::fields::{Field, Fields, Kind, Object, Schema};
use crate::form;
use crate::job::{ForEach, MAX_EVENTS, PlanItem, PlanText, Template};
use crate::names;

const TABLES: Field = Field::new("tables");
const RANGE: Field = Field::new("range");
const PARAMETERS: Field = Field::new("parameters");
const EVENTS: Field = Field::new("events");
const FOR_EACH: Schema = Schema { fields: &[TABLES, RANGE, PARAMETERS, EVENTS], operators_alone: &[] };
const ONE: &str = "must have one of tables, range, parameters and events";

/// The fields that say what an export reads.
const READS: [&str; 4] = ["table", "tables", "query", "queryParam"];

/// Reads `forEach` for this template. Without it, or with mistakes, returns `None`.
pub(super) fn read(fields: &mut Fields<'_>, limits: &Limits, template: &str) -> Option<ForEach> {
    let Some(value) = fields.in_object(fields::FOR_EACH) else {
        fields.mistakes.add("`forEach` is missing: give tables, range, parameters or events.");
        return None;
    };
    let given = if Kind::of(value) == Kind::Object { Object::of(value).ok() } else { None };
    let operators = fields.in_environment(fields::DB_CONFIG_PARAM).map(str::to_owned);
    let read = fields.object(fields::FOR_EACH, &FOR_EACH, |fields| {
        let found: Vec<Field> =
            FOR_EACH.fields.iter().copied().filter(|field| fields.in_object(*field).is_some()).collect();
        match found[..] {
            [TABLES] => of_tables(fields, limits, template),
            [RANGE] => range::read(fields, RANGE, template).map(ForEach::Range),
            [PARAMETERS] => of_parameters(fields, limits, operators, template),
            [EVENTS] => events(fields, EVENTS).map(ForEach::Events),
            _ => None,
        }
    });
    let known = |name: &str| FOR_EACH.fields.iter().any(|field| field.name == name);
    let given = given.map_or(0, |given| {
        given.0.iter().filter(|(name, value)| known(name) && value.get() != "null").count()
    });
    if read.is_some() && given != 1 {
        fields.wrong(fields::FOR_EACH, ONE);
    }
    read.flatten()
}

/// Returns whether an object has a field that is not null.
pub(super) fn has(object: &str, name: &str) -> bool {
    Object::read(object)
        .is_ok_and(|object| object.get(name).is_some_and(|value| Kind::of(value) != Kind::Null))
}

fn of_tables(fields: &mut Fields<'_>, limits: &Limits, template: &str) -> Option<ForEach> {
    limits.of_query("forEach.tables", &mut fields.mistakes);
    if READS.iter().any(|name| has(template, name)) && !template.contains("{table}") {
        fields.wrong(
            TABLES,
            "needs {table} in the template's `table` or `query`, so that each event reads its own",
        );
    }
    tables::selectors(fields, TABLES).map(ForEach::Tables)
}

/// Returns the item of a table. It becomes the event's `table`, unless the template says what is read.
pub(crate) fn of_table(schema: &str, name: &str, template: &str) -> PlanItem {
    let key = names::of_table(schema, name);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let plain = format!("{}.{}", unquoted(schema), unquoted(name));
    let text = PlanText {
        placeholder: "table",
        in_names: Template::literal(&key),
        in_table: plain.clone(),
        in_query: format!("{}.{}", quoted(schema), quoted(name)),
        elsewhere: format!("{schema}.{name}"),
    };
    let reads = READS.iter().any(|field| has(template, field));
    let fields = if reads { Vec::new() } else { vec![("table".to_owned(), json!(plain).to_string())] };
    PlanItem { name: key, texts: vec![text], fields }
}

/// Returns a name as the server resolves it, with quotes only if it needs them.
fn unquoted(name: &str) -> Cow<'_, str> {
    let mut bytes = name.bytes();
    let begins = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if begins && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return name.into();
    }
    format!("\"{}\"", name.replace('"', "\"\"")).into()
}

fn of_parameters(
    fields: &mut Fields<'_>,
    limits: &Limits,
    operators: Option<String>,
    template: &str,
) -> Option<ForEach> {
    if has(template, fields::DB_CONFIG_PARAM.name) {
        fields.wrong(PARAMETERS, "names the configurations: leave `template.dbConfigParam` out");
    }
    let path = fields.text(PARAMETERS, |text| {
        let path = form::parameter_name(text)?;
        if path.starts_with('/') {
            return Ok(if path.ends_with('/') { path } else { format!("{path}/") });
        }
        Err("must be a path of Parameter Store, which begins with a slash".to_owned())
    });
    let allowed = limits.allowed_config_params().map(|mut allowed| {
        allowed.extend(operators);
        allowed
    });
    path.value().map(|path| ForEach::Parameters { path, allowed })
}

/// Returns the item of a configuration below a path.
pub(crate) fn of_parameter(path: &str, parameter: &str) -> PlanItem {
    let bare = |name: &str| name.trim_matches('/').to_owned();
    let below = parameter.strip_prefix(path).map(bare).filter(|below| !below.is_empty());
    // The path itself is the configuration.
    let below = below.unwrap_or_else(|| bare(parameter).rsplit('/').next().unwrap_or_default().to_owned());
    let hidden = below.strip_prefix(['_', '.']).map(|rest| {
        let first = if below.starts_with('_') { "%5F" } else { "%2E" };
        format!("{first}{rest}")
    });
    let key = hidden.unwrap_or_else(|| below.clone());
    let text = PlanText {
        placeholder: "parameter",
        in_names: Template::literal(&key),
        in_table: below.clone(),
        in_query: below.clone(),
        elsewhere: below,
    };
    let fields = vec![(fields::DB_CONFIG_PARAM.name.to_owned(), json!(parameter).to_string())];
    PlanItem { name: key, texts: vec![text], fields }
}

fn events(fields: &mut Fields<'_>, field: Field) -> Option<Vec<PlanItem>> {
    let elements = fields.array(field)?;
    if elements.is_empty() || elements.len() > MAX_EVENTS {
        fields.wrong(field, &format!("must have 1 to {MAX_EVENTS} events"));
        return None;
    }
    let item = |(index, element): (usize, &RawValue)| {
        let object = match Kind::of(element) {
            Kind::Object => Object::of(element).ok()?,
            other => {
                fields.wrong_element(field, index, &format!("must be an object, not {}", other.words()));
                return None;
            }
        };
        let own = object.0.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect();
        Some(PlanItem { name: format!("{index:05}"), texts: Vec::new(), fields: own })
    };
    let items: Vec<_> = elements.into_iter().enumerate().map(item).collect();
    items.into_iter().collect()
}
