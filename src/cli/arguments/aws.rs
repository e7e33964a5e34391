//! The flags for AWS.

use clap::Args;

use crate::aws;
use crate::cli::input::wrong;
use crate::environment::Environment;
use crate::error::Result;
use crate::form;

/// What to do about a wrong variable.
const VARIABLE: &str = "Correct the variable, or unset it.";

/// The profile and region to use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(crate) struct AwsArguments {
    /// AWS profile; overrides the credentials of the environment.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// AWS region; overrides that of the environment and of the profile.
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
}

impl AwsArguments {
    /// Refuses malformed names, before the SDK puts them into a host name or repeats them in an error.
    pub(crate) fn check(&self, environment: &Environment) -> Result<()> {
        let flags = [
            ("--profile", self.profile.as_deref(), form::profile as form::Check),
            ("--region", self.region.as_deref(), form::region),
        ];
        let variables = form::AWS_VARIABLES.map(|(name, check)| (name, environment.get(name), check));
        for (name, text, check) in flags.into_iter().chain(variables) {
            if let Some(Err(what)) = text.map(check) {
                let error = wrong(format!("{name} {what}."));
                return Err(if name.starts_with("--") { error } else { error.with_hint(VARIABLE) });
            }
        }
        Ok(())
    }

    /// Refuses a `ca_bundle` of the profile that cannot be used, since every call to AWS would fail without saying why.
    pub(crate) async fn check_profile(&self, environment: &Environment) -> Result<()> {
        if environment.get("AWS_CA_BUNDLE").is_some() {
            return Ok(());
        }
        let bundle = aws::ca_bundle_of_profile(self.profile.as_deref()).await;
        match bundle.as_deref().map(form::ca_bundle) {
            Some(Err(what)) => Err(wrong(format!("ca_bundle of the AWS profile {what}."))),
            _ => Ok(()),
        }
    }
}
