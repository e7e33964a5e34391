//! The flags that name the roles to assume.

use clap::Args;
use serde_json::json;

use crate::cli::input::read_file;
use crate::error::Result;
use crate::event::RawEvent;

/// The event, and the roles to assume.
#[derive(Debug, Clone, Args)]
pub(crate) struct RolesArguments {
    /// File with the event in JSON, or - for standard input.
    #[arg(long, value_name = "FILE")]
    event: Option<String>,
    /// Role to assume; repeat for more. By default the caller's own credentials are used.
    #[arg(long, value_name = "ARN")]
    role_arn: Vec<String>,
    /// External id that the trust policies of the roles require.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
}

impl RolesArguments {
    /// Reads the event from the file, sets its action, and applies these flags and the command's `fields`.
    pub(crate) fn event(&self, action: &str, fields: &[(&str, &Option<String>)]) -> Result<RawEvent> {
        let text = match self.event.as_deref() {
            None => "{}".to_owned(),
            Some(path) => read_file("--event", path)?,
        };
        let mut event = RawEvent::new(text).with_field("action", &json!(action))?;
        for (name, text) in [("externalId", &self.external_id)].iter().chain(fields) {
            if let Some(text) = text {
                event = event.with_field(name, &json!(text))?;
            }
        }
        match &self.role_arn[..] {
            [] => Ok(event),
            [arn] => event.with_field("crossAccountRoleArn", &json!(arn)),
            arns => {
                let role = |arn: &String| json!({"roleArn": arn, "externalId": self.external_id});
                event.with_field("roles", &arns.iter().map(role).collect())
            }
        }
    }
}
