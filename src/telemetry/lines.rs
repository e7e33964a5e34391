//! Writes the log: one JSON object per line.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::output::Output;
use super::request::RequestContext;

pub(super) struct JsonLines {
    pub(super) output: Output,
    pub(super) level: LevelFilter,
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.output.write(&line(event));
    }
}

fn line(event: &Event<'_>) -> String {
    let mut fields = Fields(Map::new());
    fields.0.insert("timestamp".into(), rfc_3339(Utc::now()).into());
    fields.0.insert("level".into(), event.metadata().level().as_str().into());
    if let Some(request) = RequestContext::current() {
        fields.0.insert("requestId".into(), request.request_id().into());
        if let Some(trace) = request.trace_id() {
            fields.0.insert("traceId".into(), trace.into());
        }
    }
    event.record(&mut fields);
    Value::Object(fields.0).to_string()
}

/// Formats a time as Lambda expects it.
pub(super) fn rfc_3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }
}
