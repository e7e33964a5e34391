//! The state that the invocations of one process share.

use std::num::NonZero;

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use crate::account::AssumedRoles;
use crate::aws;
use crate::environment::Environment;
use crate::part::PartBuffers;
use crate::s3::S3;

/// The clients, credentials and memory that the invocations of one process share.
pub struct Process {
    /// The environment variables.
    pub(crate) environment: Environment,
    profile: Option<String>,
    region: Option<String>,
    aws: OnceCell<SdkConfig>,
    s3: OnceCell<S3>,
    pub(super) roles: AssumedRoles,
    pub(super) buffers: PartBuffers,
    /// Whether there is a core for compression besides the one that encodes.
    pub(super) has_spare_core: bool,
}

/// The memory in MiB up to which Lambda gives a function at most one core.
const ONE_CORE: u64 = 1_769;

impl Process {
    /// Creates the state of a process. Nothing is loaded yet, so that a function starts faster.
    pub fn new(environment: Environment) -> Self {
        let memory = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mib| mib.parse().ok());
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            environment,
            profile: None,
            region: None,
            aws: OnceCell::new(),
            s3: OnceCell::new(),
            roles: AssumedRoles::default(),
            buffers: PartBuffers::for_function_memory(memory),
            has_spare_core: cores > 1 && memory.is_none_or(|mib: u64| mib > ONE_CORE),
        }
    }

    /// Sets the profile and the region of the command line.
    #[must_use]
    pub(crate) fn with_profile(mut self, profile: Option<String>, region: Option<String>) -> Self {
        (self.profile, self.region) = (profile, region);
        self
    }

    /// Returns the configuration of the AWS clients in account A, which is loaded once.
    pub(crate) async fn aws(&self) -> &SdkConfig {
        self.aws.get_or_init(|| aws::load(self.profile.as_deref(), self.region.as_deref())).await
    }

    /// Returns the roles that have been assumed so far.
    pub(crate) fn roles(&self) -> &AssumedRoles {
        &self.roles
    }

    /// Returns the S3 client, which is created once.
    pub(crate) async fn s3(&self) -> &S3 {
        let aws = self.aws().await;
        self.s3.get_or_init(async || S3::new(aws)).await
    }
}
