//! Reads a range, and divides it into parts.

use serde_json::value::RawValue;

use super::steps::{Point, Step};
use crate::event::fields;
use crate::fields::{Field, Fields, Kind, Object, Read, Schema};
use crate::job::{MAX_EVENTS, PlanItem, PlanText, Template};
use crate::names;

const FROM: Field = Field::new("from");
const TO: Field = Field::new("to");
const STEP: Field = Field::new("step");
const RANGE: Schema = Schema { fields: &[FROM, TO, STEP], operators_alone: &[] };

/// The fields that are read without a query, to which nothing can be bound.
const TABLES: [Field; 2] = [fields::TABLE, fields::TABLES];

/// Reads a range and returns its parts. The values of the template's own `params` follow the two of each part.
pub(super) fn read(fields: &mut Fields<'_>, field: Field, template: &str) -> Option<Vec<PlanItem>> {
    let template = Object::read(template).unwrap_or_default();
    let has = |field: Field| template.get(field.name).is_some_and(|value| Kind::of(value) != Kind::Null);
    let is_asked = [fields::QUERY, fields::QUERY_PARAM]
        .into_iter()
        .any(|field| has(field) || field.variable.is_some_and(|variable| fields.has_variable(variable)));
    if !is_asked || TABLES.into_iter().any(has) {
        let what =
            "needs a `query` in the template, to whose $1 and $2 each part's beginning and end are bound";
        fields.wrong(field, what);
        return None;
    }
    let own: Vec<&RawValue> = template
        .get(fields::PARAMS.name)
        .and_then(|value| serde_json::from_str(value.get()).ok())
        .unwrap_or_default();
    let parts = fields.object(field, &RANGE, parts)??;
    let item = |(from, to): (Point, Point)| {
        let values = [from.json(), to.json()].map(|value| value.to_string());
        let params: Vec<_> =
            values.iter().map(String::as_str).chain(own.iter().map(|value| value.get())).collect();
        let mut name = String::new();
        names::push_encoded(&from.to_string(), &mut name);
        PlanItem {
            name,
            texts: vec![text("from", &from), text("to", &to)],
            fields: vec![(fields::PARAMS.name.to_owned(), format!("[{}]", params.join(", ")))],
        }
    };
    Some(parts.into_iter().map(item).collect())
}

fn text(placeholder: &'static str, point: &Point) -> PlanText {
    let text = point.to_string();
    let mut key = String::new();
    names::push_encoded(&text, &mut key);
    PlanText {
        placeholder,
        in_names: Template::literal(&key),
        in_table: text.clone(),
        in_query: text.clone(),
        elsewhere: text,
    }
}

fn parts(fields: &mut Fields<'_>) -> Option<Vec<(Point, Point)>> {
    let from = fields.text_or_number(FROM, Point::read);
    let to = fields.text_or_number(TO, Point::read);
    let step = fields.text_or_number(STEP, Step::read);
    let missing = [(FROM, from == Read::Missing), (TO, to == Read::Missing), (STEP, step == Read::Missing)];
    for (field, _) in missing.into_iter().filter(|(_, is_missing)| *is_missing) {
        fields.wrong(field, "is missing");
    }
    let (from, to, step) = (from.value()?, to.value()?, step.value()?);
    if !from.is_like(&to) {
        fields.wrong(TO, "must be of the kind of `from`: both dates, both timestamps, with or without a time zone, or both whole numbers");
        return None;
    }
    if !step.fits(&from) {
        fields.wrong(STEP, &format!("must be {}", from.steps()));
        return None;
    }
    if !from.is_before(&to) {
        fields.wrong(TO, "must be after `from`: a range has its beginning and not its end");
        return None;
    }
    let mut parts = Vec::new();
    let mut begin = from.clone();
    while begin.is_before(&to) {
        if parts.len() == MAX_EVENTS {
            fields.wrong(
                STEP,
                &format!("makes more than {MAX_EVENTS} parts of the range: choose a larger one"),
            );
            return None;
        }
        // Counted from the beginning, so that the month after the 31st of January ends on the 31st again.
        let next = from.after(step, parts.len() as i64 + 1).filter(|next| next.is_before(&to));
        let end = next.unwrap_or_else(|| to.clone());
        parts.push((begin, end.clone()));
        begin = end;
    }
    Some(parts)
}
