//! What the invocations of one process share.

use std::num::NonZero;

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use crate::account::AssumedRoles;
use crate::aws;
use crate::environment::Environment;
use crate::part::PartBuffers;
use crate::s3::S3;

/// What the invocations of one process share.
pub struct Process {
    /// The environment's variables.
    pub environment: Environment,
    profile: Option<String>,
    region: Option<String>,
    aws: OnceCell<SdkConfig>,
    s3: OnceCell<S3>,
    pub(super) roles: AssumedRoles,
    pub(super) buffers: PartBuffers,
    /// Whether there is a core to compress on beside the one that encodes.
    pub(super) has_spare_core: bool,
}

/// Memory in MiB up to which Lambda gives a function one core at most.
const ONE_CORE: u64 = 1_769;

impl Process {
    /// Nothing is loaded yet: a function starts faster without.
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

    /// The same with the command line's profile and region.
    #[must_use]
    pub fn with_profile(mut self, profile: Option<String>, region: Option<String>) -> Self {
        (self.profile, self.region) = (profile, region);
        self
    }

    /// The configuration of AWS's clients in account A.
    pub async fn aws(&self) -> &SdkConfig {
        self.aws.get_or_init(|| aws::load(self.profile.as_deref(), self.region.as_deref())).await
    }

    /// The roles assumed so far.
    pub fn roles(&self) -> &AssumedRoles {
        &self.roles
    }

    /// The client of S3.
    pub async fn s3(&self) -> &S3 {
        let aws = self.aws().await;
        self.s3.get_or_init(async || S3::new(aws)).await
    }
}
