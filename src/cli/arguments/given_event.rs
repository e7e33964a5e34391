//! The flags that give the event.

use clap::Args;

use crate::cli::event_source::{EventSource, VARIABLE};
use crate::environment::Environment;
use crate::error::Result;

/// The event as a whole.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Event")]
pub(crate) struct GivenEvent {
    /// File with the event in JSON, - for standard input, or `s3://BUCKET/KEY` for an object. Without --event and --event-json,
    /// the variable EVENT may hold the event or such a URL.
    #[arg(long, value_name = "FILE")]
    pub(crate) event: Option<String>,
    /// The event itself in JSON.
    #[arg(long, value_name = "JSON", conflicts_with = "event")]
    pub(crate) event_json: Option<String>,
}

impl GivenEvent {
    /// Returns where the event is, if one is given.
    pub(crate) fn source(&self, environment: &Environment) -> Result<Option<EventSource>> {
        let source = match (&self.event, &self.event_json, environment.get(VARIABLE)) {
            (Some(file), ..) => EventSource::of_flag("--event", file),
            (None, Some(json), _) => EventSource::of_json("--event-json", json, "the event in JSON"),
            (None, None, Some(value)) => EventSource::of_variable(value),
            (None, None, None) => return Ok(None),
        };
        source.map(Some)
    }
}
