//! What invocations of one process share, and what one run is.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use chrono::{DateTime, Utc};
use tokio::sync::{OnceCell, watch};

use crate::account::AssumedRoles;
use crate::aws;
use crate::deadline::Deadline;
use crate::environment::Environment;
use crate::part::PartBuffers;
use crate::progress::Progress;
use crate::s3::S3;

/// What invocations of one process share.
pub struct Shared {
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

impl Shared {
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

/// One run: who asked for it, when it must end, who watches.
#[derive(Clone)]
pub struct Run {
    /// Lambda's request id, or what stands for it.
    pub request_id: String,
    /// When the invocation began.
    pub started: DateTime<Utc>,
    /// When it must have ended.
    pub deadline: Deadline,
    /// Turns true when somebody interrupts.
    pub interrupted: watch::Receiver<bool>,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// Whether somebody watches who wants to know how far it is; the planner is asked then.
    pub wants_estimate: bool,
}

impl Run {
    /// A run that begins now.
    pub fn new(request_id: String, deadline: Deadline, interrupted: watch::Receiver<bool>) -> Self {
        Self {
            request_id,
            started: Utc::now(),
            deadline,
            interrupted,
            progress: Arc::default(),
            wants_estimate: false,
        }
    }

    /// A run from a shell, which may take `limit`; without one it may take for ever.
    pub fn by_hand(request_id: String, limit: Option<Duration>, interrupted: watch::Receiver<bool>) -> Self {
        Self::new(request_id, limit.map_or_else(Deadline::none, Deadline::within), interrupted)
    }

    /// Comes back when somebody interrupts; never if nobody does.
    pub async fn interruption(&self) {
        let mut interrupted = self.interrupted.clone();
        if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
            // Nobody is left who could interrupt.
            std::future::pending::<()>().await;
        }
    }
}
