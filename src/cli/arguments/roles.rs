//! The flags that name roles to ask as.

use clap::Args;
use serde_json::json;

use crate::cli::read_file;
use crate::error::Result;
use crate::event::RawEvent;

/// Whom to ask.
#[derive(Debug, Clone, Args)]
pub(crate) struct RolesArguments {
    /// File with the event in JSON, or - for standard input.
    #[arg(long, value_name = "FILE")]
    event: Option<String>,
    /// Role to ask as; repeat for more. Without one: the caller's own credentials.
    #[arg(long, value_name = "ARN")]
    role_arn: Vec<String>,
    /// External id that the roles' trust policies ask for.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
}

impl RolesArguments {
    /// The file's event as one of `action`, with these flags and the `fields` of the command's own over it.
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
