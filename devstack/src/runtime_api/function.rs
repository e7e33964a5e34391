//! The function behind the Runtime API.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// A function as it would be configured in Lambda.
#[derive(Clone, Debug)]
pub struct Function {
    /// The executable that Lambda would start as `bootstrap`.
    pub bootstrap: PathBuf,
    /// The function's name.
    pub name: String,
    /// The memory setting in MB, told to the function only.
    pub memory_mb: u32,
    /// The time limit of an invocation that names none itself.
    pub timeout: Duration,
    /// The function's environment, beside what Lambda sets. Nothing else is passed on.
    pub env: Vec<(String, String)>,
}

impl Function {
    /// A function of 512 MB and 60 seconds.
    pub fn new(bootstrap: impl Into<PathBuf>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            name: "rds-data-extractor".into(),
            memory_mb: 512,
            timeout: Duration::from_mins(1),
            env: Vec::new(),
        }
    }

    /// Sets variables of the function's environment; a later one wins.
    #[must_use]
    pub fn env(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    pub(super) fn region(&self) -> &str {
        let set =
            self.env.iter().rev().find(|(name, _)| name == "AWS_REGION" || name == "AWS_DEFAULT_REGION");
        set.map_or("eu-central-1", |(_, region)| region)
    }
}

/// The error of an invocation, in Lambda's form.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct FunctionError {
    /// The error's type, such as `Sandbox.Timedout` or one of the function's own.
    pub error_type: String,
    /// The error in words.
    pub error_message: String,
}

impl Default for FunctionError {
    fn default() -> Self {
        Self { error_type: "Unhandled".into(), error_message: String::new() }
    }
}
