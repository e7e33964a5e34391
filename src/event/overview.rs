//! The parameters of `action: overview`.

use extractor_overview::Thresholds;

use super::discovery;
use super::fields;
use super::invalid::invalid;
use super::limits::Limits;
use super::write_options;
use crate::error::Result;
use crate::fields::{Field, Fields, Read, Schema};
use crate::form;
use crate::job::{PageTarget, Survey, Template, WatchedPrefix, WriteOptions, check_key};

const BUCKET: Field = Field::new("bucket");
const PREFIX: Field = Field::new("prefix");
const EVERY_HOURS: Field = Field::new("everyHours");
const WATCHED: Schema = Schema { fields: &[BUCKET, PREFIX, EVERY_HOURS], operators_alone: &[] };
/// The maximum number of prefixes in one event.
const MOST_WATCHED: usize = 100;
const HOUR: f64 = 60.0;

const THRESHOLDS: Schema = Schema {
    fields: &[
        Field::new("storageDays"),
        Field::new("storagePercent"),
        Field::new("cpuPercent"),
        Field::new("lagSeconds"),
        Field::new("transactionIds"),
        Field::new("backupDays"),
        Field::new("certificateDays"),
        Field::new("versionDays"),
        Field::new("maintenanceDays"),
        Field::new("lateFactor"),
        Field::new("stalledHours"),
    ],
    operators_alone: &[],
};

/// Reads and checks the fields of an overview. Fields that only an extraction uses are ignored.
pub(super) fn read(mut fields: Fields<'_>, limits: &Limits) -> Result<Survey> {
    let places = discovery::places(&mut fields, limits);
    let bucket = fields.text(fields::BUCKET, form::bucket);
    let operators = fields.in_environment(fields::BUCKET);
    limits.bucket(&bucket, operators, &mut fields.mistakes);
    let bucket = bucket.value();
    let bucket_owner = fields.text(fields::BUCKET_OWNER, form::account).value();
    let prefix = fields.text(fields::KEY_PREFIX, constant);
    let prefix = prefix.value().map(|prefix| prefix.trim_end_matches('/').to_owned());
    let prefix = prefix.filter(|prefix| !prefix.is_empty());
    let topic_arn = fields.text(fields::TOPIC_ARN, form::topic_arn);
    let operators = fields.in_environment(fields::TOPIC_ARN);
    limits.topic_arn(&topic_arn, operators, &mut fields.mistakes);
    let exports = exports(&mut fields, limits, bucket.as_deref());
    let thresholds = thresholds(&mut fields);
    let options = write_options::read(&mut fields);
    fields.mistakes.check().map_err(invalid)?;
    Ok(Survey {
        places,
        thresholds,
        target: bucket.map(|bucket| PageTarget::Bucket { bucket, prefix }),
        bucket_owner,
        exports,
        topic_arn: topic_arn.value(),
        // Every run replaces the whole page, which is expensive in the other classes.
        options: WriteOptions { storage_class: None, ..options },
    })
}

/// Reads the prefixes to watch; by default, the whole bucket.
fn exports(fields: &mut Fields<'_>, limits: &Limits, bucket: Option<&str>) -> Vec<WatchedPrefix> {
    if fields.in_object(fields::EXPORTS).is_none() {
        let all = |bucket: &str| WatchedPrefix {
            bucket: bucket.to_owned(),
            prefix: String::new(),
            every_minutes: None,
        };
        return bucket.map(all).into_iter().collect();
    }
    let elements = fields.array(fields::EXPORTS).unwrap_or_default();
    if elements.len() > MOST_WATCHED {
        let what = format!("names {} prefixes, but may name {MOST_WATCHED} at most", elements.len());
        fields.wrong(fields::EXPORTS, &what);
        return Vec::new();
    }
    let mut watched = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let one = fields.element(fields::EXPORTS, index, element, &WATCHED, |fields| {
            let own = fields.text(BUCKET, form::bucket);
            let operators = fields.in_environment(fields::BUCKET);
            limits.bucket(&own, operators, &mut fields.mistakes);
            let prefix = fields.text(PREFIX, constant);
            let every = match fields.number(EVERY_HOURS) {
                Read::Given(hours, _) if !(0.1..=8784.0).contains(&hours) => {
                    fields.wrong(EVERY_HOURS, "must be a number from 0.1 to 8784");
                    None
                }
                every => every.value(),
            };
            let Some(bucket) = own.value().or_else(|| bucket.map(str::to_owned)) else {
                fields.wrong(BUCKET, "is missing");
                return None;
            };
            Some(WatchedPrefix {
                bucket,
                prefix: prefix.value().unwrap_or_default(),
                every_minutes: every.map(|hours| (hours * HOUR).round() as u32),
            })
        });
        watched.extend(one.flatten());
    }
    watched
}

/// Reads a prefix, which must be the same in each run.
fn constant(text: &str) -> Result<String, String> {
    check_key(text)?;
    let template = Template::parse(text)?;
    let constant = template.as_constant().map(str::to_owned);
    constant.ok_or_else(|| "has a placeholder, but must be the same in each run".to_owned())
}

fn thresholds(fields: &mut Fields<'_>) -> Thresholds {
    let mut thresholds = Thresholds::default();
    fields.object(fields::THRESHOLDS, &THRESHOLDS, |fields| {
        for field in THRESHOLDS.fields {
            if let Read::Given(value, source) = fields.number(*field)
                && let Err(what) = thresholds.set(field.name, value)
            {
                fields.wrong_at(&source, &what);
            }
        }
    });
    thresholds
}

/// The fields that belong to `action: overview` only.
pub(super) const ONLY: [Field; 3] = [fields::THRESHOLDS, fields::EXPORTS, fields::TOPIC_ARN];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thresholds_of_an_event_are_those_of_the_model() {
        let names: Vec<&str> = THRESHOLDS.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, Thresholds::NAMES);
    }
}
