//! Runs the hops in their order.

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::connectivity::Connectivity;
use super::diagnosis::{Diagnosis, HopName, HopResult, State};
use super::hops::Hops;
use super::means::Means;
use super::network::Network;
use super::{bucket, clock, endpoint, login, network, parameter, query, role, servers, tls};
use crate::account::{DEFAULT_PORT, Description, iam_token};
use crate::aws;
use crate::config::{Address, Auth, DatabaseConfig, DirectLogin, Endpoint, Login, RawConfig};
use crate::database::Session;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event::operators_role;
use crate::form;
use crate::job::{Configured, Extraction, Source, Target};
use crate::pipeline::{self, Process, Run, Wanted};

const CREDENTIALS: Duration = Duration::from_secs(5);
const STATEMENT: Duration = Duration::from_secs(6);
const CLOSE: Duration = Duration::from_secs(2);

/// Diagnoses an extraction. An error in its event is the result of the first hop.
pub async fn diagnose(process: &Process, extraction: Result<Extraction>, run: &Run) -> Diagnosis {
    let mut diagnosis = Walk { process, run, hops: Hops::new(run) }.go(extraction).await;
    if run.is_by_hand() {
        for hop in &mut diagnosis.0 {
            hop.result = hop.result.for_shell();
        }
    }
    for hop in &diagnosis.0 {
        tracing::info!(
            hop = hop.name.as_str(),
            state = hop.result.state.as_str(),
            milliseconds = hop.took.as_millis() as u64,
            cause = hop.result.cause.as_deref(),
            fix = hop.result.fix.as_deref(),
            "{}",
            hop.result.detail
        );
    }
    diagnosis
}

struct Walk<'a> {
    process: &'a Process,
    run: &'a Run,
    hops: Hops<'a>,
}

/// What is known before the database is connected to.
struct Found<'a> {
    config: &'a DatabaseConfig,
    endpoint: Endpoint,
    rds: Option<Description>,
    network: Network,
    account_b: Option<&'a SdkConfig>,
}

/// By how many seconds this machine's clock is ahead of AWS's and of the server's.
#[derive(Default)]
struct Clocks {
    aws: Option<f64>,
    server: Option<f64>,
}

impl Walk<'_> {
    async fn go(self, extraction: Result<Extraction>) -> Diagnosis {
        let aws = aws::impatient(self.process.aws().await);
        let event = self.event(&aws, extraction);
        if let Some(Some(extraction)) = self.hops.walk(HopName::Event, event).await {
            // Boxed, since their types would exceed the compiler's limit of depth.
            let database = self.database(&aws, &extraction).boxed();
            let bucket = self.bucket(&aws, &extraction).boxed();
            let (clocks, bucket) = tokio::join!(database, bucket);
            self.hops.note(HopName::Clock, clock::judge(clocks.aws.or(bucket), clocks.server));
        }
        self.hops.complete()
    }

    async fn event(
        &self,
        aws: &SdkConfig,
        extraction: Result<Extraction>,
    ) -> (HopResult, Option<Extraction>) {
        let environment = &self.process.environment;
        let extraction = match extraction {
            Ok(extraction) => extraction,
            Err(error) => {
                let detail = format!("An extraction would return {}.", error.error_type);
                return (HopResult::failed(detail, error.message, error.hint), None);
            }
        };
        let time = self
            .run
            .deadline
            .remaining()
            .map_or_else(|| "no limit".to_owned(), |left| format!("{} s left", left.as_secs()));
        if !extraction.calls_aws() {
            return (HopResult::ok(format!("The event is complete; without AWS, {time}.")), Some(extraction));
        }
        let Some(region) = aws.region() else {
            let result = HopResult::failed(
                "No region is known.",
                "Neither AWS_REGION nor a profile nor a flag names a region.",
                "export AWS_REGION=eu-central-1, or --region",
            );
            return (result, None);
        };
        if let Err(reason) = credentials(aws).await {
            let result = HopResult::failed(
                format!("No AWS credentials: {reason}."),
                "Neither the environment nor a profile nor the machine gives credentials.",
                "aws sso login, or --profile NAME, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; aws sts get-caller-identity",
            );
            return (result, None);
        }
        let place = match (
            environment.get("AWS_LAMBDA_FUNCTION_NAME").and_then(form::function_name),
            self.memory(),
        ) {
            (Some(name), Some(memory)) => format!("function {name} with {memory} MB"),
            (Some(name), None) => format!("function {name}"),
            (None, _) => "not in a function".to_owned(),
        };
        (HopResult::ok(format!("The event is complete; {place}, region {region}, {time}.")), Some(extraction))
    }

    fn memory(&self) -> Option<u64> {
        self.process.environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?.parse().ok()
    }

    /// Runs the hops from the parameter to the query, as far as they can be tried.
    async fn database(&self, aws: &SdkConfig, extraction: &Extraction) -> Clocks {
        let mut clocks = Clocks::default();
        // The statement is read in the meantime, since it needs nothing but Parameter Store.
        let (sql, session) =
            tokio::join!(self.statement(extraction), self.session(aws, extraction, &mut clocks));
        let sql = sql.map_err(|error| self.hops.note(HopName::Query, query::unread(&error)));
        if let Some(mut session) = session {
            if let Ok(sql) = sql {
                let time = self.run.deadline.remaining().map(|left| left + self.run.deadline.elapsed());
                let means = Means { time, memory: self.memory() };
                let plan = async {
                    let result = query::plan(&mut session, sql, extraction, means).await;
                    (self.with_window(result, &mut session, extraction).await, ())
                };
                self.hops.walk(HopName::Query, plan).await;
            }
            session.close(CLOSE).await;
        }
        clocks
    }

    /// Adds the next window of an incremental export to the result of the hop `query`.
    async fn with_window(
        &self,
        result: HopResult,
        session: &mut Session,
        extraction: &Extraction,
    ) -> HopResult {
        let Some(incremental) = extraction.incremental.as_ref().filter(|_| result.state == State::Ok) else {
            return result;
        };
        // The resource id of the database is compared by an export alone.
        let asked = (None, self.run.delivery.as_str());
        let probed = pipeline::probe(self.process, (extraction, incremental), session, asked).boxed();
        match timeout(STATEMENT, probed).await {
            Ok(Ok(window)) => HopResult { detail: format!("{} {window}", result.detail), ..result },
            Ok(Err(error)) => query::explain(&error),
            Err(_) => result.warn(
                format!("The state of the stream was not read within {} s.", STATEMENT.as_secs()),
                "See what the hop bucket says.",
            ),
        }
    }

    async fn statement(&self, extraction: &Extraction) -> Result<Wanted> {
        timeout(STATEMENT, pipeline::wanted(self.process, extraction)).await.unwrap_or_else(|_| {
            let message = format!("Parameter Store did not answer within {} s.", STATEMENT.as_secs());
            Err(Error::new(ErrorType::ParameterStoreFailed, Stage::Config, message))
        })
    }

    /// Runs the hops up to a session, and returns it if they succeed.
    async fn session(
        &self,
        aws: &SdkConfig,
        extraction: &Extraction,
        clocks: &mut Clocks,
    ) -> Option<Session> {
        let Configured { parameter: source, role } = match &extraction.source {
            Source::Configured(configured) => configured,
            Source::Login(login) => return self.given(login, extraction, clocks).await,
        };
        let read = self.hops.walk(HopName::Parameter, async {
            let read = parameter::read(aws, source).await;
            (read.result.clone(), read)
        });
        let read = read.await?;
        clocks.aws = read.ahead;
        let mut private_endpoint = read.way.is_private_endpoint();
        let mut region = None;
        if let Some(raw) = &read.raw {
            match parameter::check_alone(raw, source) {
                Ok(()) => region = raw.region(),
                Err(result) => self.hops.amend(HopName::Parameter, result),
            }
        }

        let mut account_b = aws::with(aws, region, None);
        let mut has_role = true;
        match role {
            None => self.hops.note(
                HopName::Role,
                HopResult::skipped("no role is configured: the caller's own credentials are used"),
            ),
            Some(role) => {
                let operators = operators_role(&self.process.environment).as_deref() == Some(&role.arn);
                let assume = role::assume(aws, region, role, &self.run.request_id, operators);
                let assumed = self.hops.walk(HopName::Role, async {
                    let assumed = assume.await;
                    (assumed.result.clone(), assumed)
                });
                let assumed = assumed.await?;
                clocks.aws = clocks.aws.or(assumed.ahead);
                private_endpoint |= assumed.way.is_private_endpoint();
                match &assumed.credentials {
                    Some(credentials) => account_b = aws::with(&account_b, None, Some(credentials)),
                    None => has_role = false,
                }
            }
        }
        let (raw, config) = self.config(read.raw?, source, has_role.then_some(&account_b)).await?;
        let in_vpc = match self.process.environment.get("FUNCTION_IN_VPC") {
            Some(word) => Some(word == "true"),
            None => private_endpoint.then_some(true),
        };
        let network = Network { in_vpc, connectivity: Connectivity::of(&self.process.environment) };
        let (endpoint, rds) = self.endpoint(&config, &raw, has_role.then_some(&account_b)).await?;
        let account_b = has_role.then_some(&account_b);
        let found = Found { config: &config, endpoint, rds, network, account_b };
        self.log_in(found, extraction, clocks).await
    }

    /// Runs the hops to a database that the command line names, and returns the session if they succeed.
    async fn given(
        &self,
        login: &DirectLogin,
        extraction: &Extraction,
        clocks: &mut Clocks,
    ) -> Option<Session> {
        for hop in [HopName::Parameter, HopName::Role] {
            self.hops.note(hop, HopResult::skipped("the command line names the database"));
        }
        let server = self.hops.walk(HopName::Endpoint, servers::choose(login)).await??;
        let Login { endpoint, database, username, password, tls, .. } = server;
        let config = DatabaseConfig {
            address: Address::Host(endpoint.host.clone()),
            port: Some(endpoint.port),
            database_port: None,
            database,
            username,
            auth: Auth::Password(password),
            tls,
        };
        let network = Network { in_vpc: None, connectivity: Connectivity::Routed };
        let found = Found { config: &config, endpoint, rds: None, network, account_b: None };
        self.log_in(found, extraction, clocks).await
    }

    /// Returns the configuration, both as it was read and checked, including the secret of account B.
    async fn config(
        &self,
        raw: RawConfig,
        source: &str,
        account_b: Option<&SdkConfig>,
    ) -> Option<(RawConfig, DatabaseConfig)> {
        let Some(arn) = raw.secret_arn() else {
            let config = parameter::check(&raw, source).ok()?;
            return Some((raw, config));
        };
        // Errors in the rest of the configuration are already recorded.
        raw.check_forms(source).ok()?;
        let account_b = account_b?;
        let whole = match parameter::read_secret(account_b, arn).await {
            Ok(secret) => {
                let raw = raw.with_secret(secret);
                parameter::check(&raw, source).map(|config| (raw, config))
            }
            Err(result) => Err(result),
        };
        whole.map_err(|result| self.hops.amend(HopName::Parameter, result)).ok()
    }

    /// Returns the address of the database, and its description from RDS.
    async fn endpoint(
        &self,
        config: &DatabaseConfig,
        raw: &RawConfig,
        account_b: Option<&SdkConfig>,
    ) -> Option<(Endpoint, Option<Description>)> {
        let needed = matches!(config.address, Address::Rds(_));
        let mut rds = None;
        match (raw.identifier(), account_b) {
            (Some(identifier), Some(account_b)) => {
                let asked = self.hops.walk(HopName::Endpoint, async {
                    let described = endpoint::ask(account_b, &identifier, config, needed).await;
                    (described.result, described.description)
                });
                rds = asked.await?;
            }
            (Some(_), None) if !needed => {
                self.hops.note(
                    HopName::Endpoint,
                    HopResult::skipped("not tried, since role fails; the configured host is used"),
                );
            }
            (Some(_), None) => return None,
            (None, _) => {
                self.hops.note(
                    HopName::Endpoint,
                    HopResult::skipped("the configuration gives host, so RDS is not asked"),
                );
            }
        }
        let (host, port) = match &config.address {
            Address::Host(host) => (host.clone(), None),
            // The address is used even if the database is unavailable, since further hops may tell more.
            Address::Rds(_) => rds.as_ref()?.address_and_port.clone()?,
        };
        Some((Endpoint { host, port: config.port.or(port).unwrap_or(DEFAULT_PORT) }, rds))
    }

    /// Runs the hops `dns` to `tls`, and returns whether the server can be logged in to.
    async fn reach(&self, found: &Found<'_>) -> Option<bool> {
        let Found { config, endpoint, rds, network, .. } = found;
        if endpoint.socket().is_some() {
            for hop in [HopName::Dns, HopName::Tcp, HopName::Tls] {
                self.hops.note(hop, HopResult::skipped("the server is reached by a Unix socket"));
            }
            return Some(true);
        }
        let rds = rds.as_ref();
        let addresses = self.hops.walk(HopName::Dns, network::look_up(endpoint, *network, rds)).await?;
        if addresses.is_empty() {
            return None;
        }
        let stream =
            self.hops.walk(HopName::Tcp, network::connect(endpoint, &addresses, *network, rds)).await??;
        let handshake = tls::handshake(endpoint, &addresses, stream, &config.tls);
        self.hops.walk(HopName::Tls, handshake).await
    }

    /// Runs the hops `dns` to `read-only`, and returns the session if they succeed.
    async fn log_in(
        &self,
        found: Found<'_>,
        extraction: &Extraction,
        clocks: &mut Clocks,
    ) -> Option<Session> {
        if self.reach(&found).await != Some(true) {
            return None;
        }
        let Found { config, endpoint, rds, account_b, .. } = found;
        let rds = rds.as_ref();
        let password = match (&config.auth, account_b) {
            (Auth::Password(password), _) => password.clone(),
            (Auth::Iam, Some(account_b)) => {
                let database = config.own_endpoint(&endpoint);
                let token = iam_token(account_b, &database, &config.username);
                token.await.map_err(|error| self.hops.note(HopName::Login, HopResult::of(&error))).ok()?
            }
            (Auth::Iam, None) => return None,
        };
        let login = Login {
            endpoint,
            database: config.database.clone(),
            username: config.username.clone(),
            password,
            tls: config.tls.clone(),
            application_name: pipeline::application_name(&self.run.request_id),
            options: None,
        };
        let token = config.auth == Auth::Iam;
        let mut session = self.hops.walk(HopName::Login, login::log_in(&login, token, rds)).await??;
        let begin = async {
            let facts = login::begin(&mut session, extraction.allow_writes, &login.username).await;
            (facts.result.clone(), facts)
        };
        let facts = self.hops.walk(HopName::ReadOnly, begin).await?;
        clocks.server = facts.ahead;
        if !facts.usable {
            session.close(CLOSE).await;
            return None;
        }
        Some(session)
    }

    /// Runs the hop `bucket`. Returns by how many seconds this machine's clock is ahead of S3's.
    async fn bucket(&self, aws: &SdkConfig, extraction: &Extraction) -> Option<f64> {
        let Target::Object(object) = &extraction.target else {
            self.hops.note(HopName::Bucket, HopResult::skipped("the file stays on this machine"));
            return None;
        };
        let destination = match pipeline::object_destination(extraction, object, self.run) {
            Ok(destination) => destination,
            Err(error) => {
                self.hops.note(HopName::Bucket, HopResult::of(&error));
                return None;
            }
        };
        // Not bounded by the deadline, so that an upload that was opened is always aborted.
        let begun = Instant::now();
        let tried = bucket::try_upload(aws, destination).await;
        self.hops.note_after(HopName::Bucket, tried.result, begun.elapsed());
        tried.ahead
    }
}

async fn credentials(aws: &SdkConfig) -> Result<(), String> {
    let Some(provider) = aws.credentials_provider() else { return Err("none are configured".to_owned()) };
    match timeout(CREDENTIALS, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            // The outermost error says only that loading the credentials failed.
            let mut reason = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(inner) = source {
                reason = inner.to_string();
                source = inner.source();
            }
            Err(form::without_values(&reason))
        }
        Err(_) => Err(format!("none came within {} s", CREDENTIALS.as_secs())),
    }
}
