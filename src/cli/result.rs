//! `--result`: a second place for the answer, where another program finds it.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::object_url::ObjectUrl;
use super::request::Begun;
use crate::environment::Environment;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event::operators_options;
use crate::form;
use crate::job::{Naming, Template};
use crate::local::write_whole;
use crate::s3::Content;
use crate::telemetry::Output;

/// The variable with the place, which counts where the flag is not given.
pub(super) const VARIABLE: &str = "RESULT";
/// How long writing may take after a signal: whoever sent it kills the program soon.
const GRACE: Duration = Duration::from_secs(4);

/// What a place must be.
const MUST_BE: &str = "the path of a file, or s3://BUCKET/KEY";

/// A place for the answer.
#[derive(Debug, Clone)]
pub(crate) struct ResultPlace(Place);

#[derive(Debug, Clone)]
enum Place {
    File(Template),
    Object { bucket: String, key: Template },
}

impl ResultPlace {
    /// Parses the place; the error continues a sentence that begins with the name of the flag, without a full stop.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let place = if let Some(url) = ObjectUrl::split(text) {
            let ObjectUrl { bucket, key } = url.checked()?;
            Place::Object { bucket, key: template(&key)? }
        } else {
            form::no_credentials(text, MUST_BE)?;
            if text.is_empty() || text == "-" || text.ends_with('/') {
                return Err(format!("must be {MUST_BE}"));
            }
            Place::File(template(text)?)
        };
        Ok(Self(place))
    }

    /// Writes the answer, replacing what is there: the name belongs to the run and its attempt.
    ///
    /// # Errors
    /// `OutputFailed` or an error of S3, whose message says that the answer is missing there.
    pub(super) async fn write(&self, begun: &Begun, answer: &Value) -> Result<()> {
        let too_late = async {
            begun.run.interruption().await;
            tokio::time::sleep(GRACE).await;
        };
        let written = tokio::select! {
            written = self.put(begun, format!("{answer}\n")) => written,
            () = too_late => Err(Error::new(ErrorType::Cancelled, Stage::Upload, "The run was interrupted.")),
        };
        written.map_err(|mut error| {
            error.message =
                format!("The response could not be written to the place of --result. {}", error.message);
            error
        })
    }

    async fn put(&self, begun: &Begun, text: String) -> Result<()> {
        let naming = Naming { request_id: &begun.run.request_id, started: begun.run.started };
        match &self.0 {
            Place::File(path) => write_whole(path.resolve(naming, None).into(), text.into_bytes()).await,
            Place::Object { bucket, key } => {
                let content = Content {
                    content_type: "application/json",
                    metadata: &[("extraction-id", &begun.run.request_id)],
                };
                let store = begun.store(bucket, operators_options(begun.environment())).await?;
                store.replace(&key.resolve(naming, None), &Bytes::from(text), content).await
            }
        }
    }
}

/// Returns the place that the variable names.
pub(super) fn of_variable(environment: &Environment) -> Option<Result<ResultPlace, String>> {
    environment.get(VARIABLE).map(ResultPlace::parse)
}

/// Says that the answer is missing in its second place. The answer itself has been printed.
pub(super) fn complain(log: Output, error: &Error) {
    if log == Output::Nowhere {
        // The terminal may be gone.
        let _ = writeln!(std::io::stderr(), "{} {}", error.message, error.advice());
    } else {
        tracing::error!(
            errorType = error.error_type.as_str(),
            stage = error.stage.as_str(),
            hint = error.advice(),
            "{}",
            error.message
        );
    }
}

fn template(text: &str) -> Result<Template, String> {
    let template = Template::parse(text)?;
    if template.needs_event_id() {
        return Err("uses {eventId}, but the response is written even if there is no event".to_owned());
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_an_object() {
        for place in ["r.json", "/tmp/{requestId}.json", "s3://exports/runs/{date}/1.json"] {
            assert!(ResultPlace::parse(place).is_ok(), "{place}");
        }
        for wrong in [
            "",
            "-",
            "runs/",
            "s3://exports",
            "s3://exports/",
            "{eventId}.json",
            "{atempt}.json",
            "https://x/y",
        ] {
            assert!(ResultPlace::parse(wrong).is_err(), "{wrong}");
        }
    }
}
