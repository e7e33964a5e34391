//! The parameters of `action: plan`, and the events that are made of them.
//!
//! An event of a plan is the template with the fields and texts of one item: a table, a part of a range, a database
//! configuration or a given event (`for_each`, `range`). It is read as an extraction (`make`), so that a plan has no event
//! that the function would refuse, and no limit of the operator is evaded.

mod draft;
mod for_each;
mod make;
mod range;
mod steps;

use chrono::DateTime;

use super::invalid::invalid;
use super::limits::Limits;
use super::raw_event::RawEvent;
use super::{fields, name, write_options};
use crate::environment::Environment;
use crate::error::Result;
use crate::fields::{Field, Fields, Kind, Read};
use crate::form;
use crate::job::{EventJson, ForEach, Naming, Plan, PlanItem, PlanTarget, Query, WriteOptions};
pub(crate) use for_each::{of_parameter, of_table};
pub(crate) use make::{PlannedEvent, folder, make_events};

const NO_BUCKET: &str = "`bucket` is missing: set it in the event or as S3_BUCKET_NAME.";
/// The fields that a plan itself has.
const OWN: [Field; 7] = [
    fields::ACTION,
    fields::TEMPLATE,
    fields::FOR_EACH,
    fields::BUCKET,
    fields::BUCKET_OWNER,
    fields::KEY_PREFIX,
    fields::RAISE_ON_ERROR,
];

/// Reads and checks the fields of a plan, and every event that can be made without asking anybody.
pub(super) fn read(
    mut fields: Fields<'_>,
    limits: &Limits,
    event: &RawEvent,
    environment: &Environment,
) -> Result<Plan> {
    for field in fields::EVENT.fields.iter().filter(|field| !OWN.contains(field)) {
        if fields.in_object(*field).is_some() {
            fields.wrong(*field, "is no field of a plan: what its exports have belongs into `template`");
        }
    }
    let bucket = fields.text(fields::BUCKET, form::bucket);
    let operators = fields.in_environment(fields::BUCKET);
    limits.bucket(&bucket, operators, &mut fields.mistakes);
    if bucket == Read::Missing {
        fields.mistakes.add(NO_BUCKET);
    }
    let bucket_owner = fields.text(fields::BUCKET_OWNER, form::account).value();
    let key_prefix = name::prefix(&mut fields, event.id());
    let options = write_options::read(&mut fields);
    let template = template(&mut fields);
    let for_each = for_each::read(&mut fields, limits, &template);
    let (Some(bucket), Some(for_each)) = (bucket.value(), for_each) else {
        return Err(invalid(fields.mistakes.into_text()));
    };
    fields.mistakes.check().map_err(invalid)?;
    let plan = Plan {
        template: EventJson(template),
        for_each,
        bucket,
        bucket_owner,
        key_prefix,
        // The machine that reads the list does not wait until it is restored from an archive.
        options: WriteOptions { storage_class: None, ..options },
        event_id: event.id().map(str::to_owned),
        target: PlanTarget::Folder,
    };
    check(&plan, environment)?;
    Ok(plan)
}

/// Reads the template as it is written; without one it has no fields.
fn template(fields: &mut Fields<'_>) -> String {
    match fields.in_object(fields::TEMPLATE) {
        Some(value) if Kind::of(value) == Kind::Object => value.get().to_owned(),
        Some(value) => {
            let what = format!("must be an object, not {}", Kind::of(value).words());
            fields.wrong(fields::TEMPLATE, &what);
            "{}".to_owned()
        }
        None => "{}".to_owned(),
    }
}

/// Makes the events whose items are known, or that of a sample.
fn check(plan: &Plan, environment: &Environment) -> Result<()> {
    let naming = Naming { request_id: &"0".repeat(36), started: DateTime::UNIX_EPOCH };
    let sample = sample(plan, naming, environment)?;
    match &plan.for_each {
        ForEach::Tables(_) | ForEach::Parameters { .. } => Ok(()),
        ForEach::Events(items) => make_events(plan, items, naming, environment).map(drop),
        ForEach::Range(items) => {
            if let Some(PlannedEvent { extraction, .. }) = &sample
                && let Query::Text(sql) = &extraction.query
                && !(sql.contains("$1") && sql.contains("$2"))
            {
                return Err(invalid(
                    "`template.query` must use $1 and $2, to which the beginning and the end of each part of \
                     `forEach.range` are bound: WHERE day >= $1 AND day < $2.",
                ));
            }
            make_events(plan, items, naming, environment).map(drop)
        }
    }
}

/// Makes the event of one item, which stands for all: of the first one, or of an imagined one if the items are not known
/// yet. `None` if the events are given and may have nothing in common.
pub(crate) fn sample(
    plan: &Plan,
    naming: Naming<'_>,
    environment: &Environment,
) -> Result<Option<PlannedEvent>> {
    let imagined: PlanItem;
    let item = match &plan.for_each {
        ForEach::Events(_) => return Ok(None),
        ForEach::Range(items) => items.first(),
        ForEach::Tables(_) => {
            imagined = of_table("schema", "table", &plan.template.0);
            Some(&imagined)
        }
        ForEach::Parameters { path, .. } => {
            // Whether its name is allowed is not known yet.
            imagined = PlanItem { fields: Vec::new(), ..of_parameter(path, &format!("{path}name")) };
            Some(&imagined)
        }
    };
    let Some(item) = item else { return Ok(None) };
    make::make(plan, item, naming, environment).map(Some).map_err(|mut error| {
        error.message.insert_str(0, "In `template`: ");
        error
    })
}
