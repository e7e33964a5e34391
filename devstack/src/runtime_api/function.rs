//! The configuration of the function.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// The configuration of a Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    /// The executable that Lambda would start as `bootstrap`.
    pub bootstrap: PathBuf,
    /// The function's name.
    pub name: String,
    /// The memory setting in MB. The function is told it, but it is not enforced.
    pub memory_mb: u32,
    /// The default time limit of an invocation.
    pub timeout: Duration,
    /// How many invocations the process handles at a time. More than one are possible on Lambda Managed
    /// Instances.
    pub concurrency: usize,
    /// The function's environment variables, in addition to those of Lambda. It inherits no others.
    pub env: Vec<(String, String)>,
}

impl Function {
    /// Creates a function with 512 MB of memory and a timeout of 60 seconds.
    pub fn new(bootstrap: impl Into<PathBuf>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            name: "rds-data-extractor".into(),
            memory_mb: 512,
            timeout: Duration::from_mins(1),
            concurrency: 1,
            env: Vec::new(),
        }
    }

    /// Adds environment variables. A later value of a variable replaces an earlier one.
    #[must_use]
    pub fn env(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Sets how many invocations the process handles at a time.
    #[must_use]
    pub fn concurrency(self, most: usize) -> Self {
        Self { concurrency: most, ..self }
    }

    pub(super) fn region(&self) -> &str {
        self.variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or("eu-central-1")
    }

    /// Returns the application log level of its logging configuration.
    pub(super) fn log_level(&self) -> &str {
        self.variable(&["AWS_LAMBDA_LOG_LEVEL"]).unwrap_or("INFO")
    }

    fn variable(&self, names: &[&str]) -> Option<&str> {
        let set = self.env.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        set.map(|(_, value)| value.as_str())
    }

    /// Returns the environment of its process, without the address of the Runtime API.
    pub(super) fn environment(&self) -> impl Iterator<Item = (String, String)> {
        let folder = self.bootstrap.parent().unwrap_or(&self.bootstrap).display().to_string();
        let (concurrency, is_managed) = (self.concurrency, self.concurrency > 1);
        let of_lambda = [
            ("_HANDLER", "bootstrap".into()),
            ("AWS_DEFAULT_REGION", self.region().into()),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.memory_mb.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", self.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
            (
                "AWS_LAMBDA_INITIALIZATION_TYPE",
                if is_managed { "lambda-managed-instances" } else { "on-demand" }.into(),
            ),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".into()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.name)),
            ("AWS_LAMBDA_LOG_LEVEL", self.log_level().into()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "devstack/[$LATEST]0".into()),
            ("AWS_REGION", self.region().into()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".into()),
            ("LAMBDA_TASK_ROOT", folder),
            ("LANG", "en_US.UTF-8".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("TZ", ":UTC".into()),
        ];
        let of_lambda = of_lambda.into_iter().map(|(name, value)| (name.to_owned(), value));
        let managed = is_managed.then(|| ("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), concurrency.to_string()));
        of_lambda.chain(managed).chain(self.env.clone())
    }
}

/// The error of an invocation, in Lambda's form.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct FunctionError {
    /// The error's type: one of Lambda's, such as `Sandbox.Timedout`, or one of the function's.
    pub error_type: String,
    /// The error's message.
    pub error_message: String,
}

impl Default for FunctionError {
    fn default() -> Self {
        Self { error_type: "Unhandled".into(), error_message: String::new() }
    }
}
