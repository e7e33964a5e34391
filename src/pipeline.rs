//! One extraction, from the checked event to the object: the only place that knows every stage.
//!
//! ```text
//! config → credentials → endpoint → connection ─┐
//!                         look at the bucket ───┴→ query → rows → encode → parts → upload
//! ```
//!
//! Whatever has to be undone on the way out is kept in `Held`, outside of the work itself, so that an error, the
//! deadline and an interruption end in the same place: statement cancelled, upload aborted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use chrono::{DateTime, Utc};
use tokio::sync::{OnceCell, watch};

use crate::account::{AssumedRoles, find_endpoint, iam_token, session_name};
use crate::aws;
use crate::config::{self, Auth, DatabaseConfig};
use crate::csv::{Column, Format, RowEncoder};
use crate::database::session::SessionSettings;
use crate::database::statement::{self, Statement};
use crate::database::{self, CancelHandle, Login, Session, SslMode};
use crate::deadline::{CLEAN_UP, Deadline};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event::{Compression, DEFAULT_QUERY, Environment, Extraction, Naming, OnEmpty, Query};
use crate::progress::Progress;
use crate::response::Outcome;
use crate::s3::{
    Destination, Finished, Looked, PartBuffers, PartSizes, PartWriter, Parts, S3, Upload, Uploaded,
};
use crate::sql;

/// What invocations of one process share.
pub struct Shared {
    /// The environment's variables.
    pub environment: Environment,
    profile: Option<String>,
    region: Option<String>,
    aws: OnceCell<SdkConfig>,
    s3: OnceCell<S3>,
    roles: AssumedRoles,
    buffers: PartBuffers,
}

impl Shared {
    /// Nothing is loaded yet: a function starts faster without.
    pub fn new(environment: Environment) -> Self {
        let memory = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mib| mib.parse().ok());
        Self {
            environment,
            profile: None,
            region: None,
            aws: OnceCell::new(),
            s3: OnceCell::new(),
            roles: AssumedRoles::default(),
            buffers: PartBuffers::for_function_memory(memory),
        }
    }

    /// The same with the command line's profile and region.
    #[must_use]
    pub fn with_profile(mut self, profile: Option<String>, region: Option<String>) -> Self {
        (self.profile, self.region) = (profile, region);
        self
    }

    async fn aws(&self) -> &SdkConfig {
        self.aws.get_or_init(|| aws::load(self.profile.as_deref(), self.region.as_deref())).await
    }

    async fn s3(&self) -> &S3 {
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
}

impl Run {
    async fn interruption(&self) {
        let mut interrupted = self.interrupted.clone();
        if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
            // Nobody is left who could interrupt.
            std::future::pending::<()>().await;
        }
    }
}

/// What must be undone if the work does not come to its end.
#[derive(Default)]
struct Held {
    statement: Option<CancelHandle>,
    upload: Option<Upload>,
}

/// Runs one extraction to its end, or leaves nothing behind.
///
/// # Errors
/// Any of the closed list, with the stage in which the run was.
pub async fn extract(shared: &Shared, extraction: &Extraction, run: &Run) -> Result<Outcome> {
    let mut held = Held::default();
    let result = tokio::select! {
        // First of all the ways out: a busy reader uses up the task's budget, and a timer polled after it is put off.
        biased;
        () = run.deadline.expired() => Err(deadline_exceeded(run)),
        () = run.interruption() => Err(Error::new(
            ErrorType::Cancelled,
            run.progress.stage(),
            format!("The extraction was interrupted after {} rows.", run.progress.rows()),
        )),
        result = work(shared, extraction, run, &mut held) => result,
    };
    match result {
        Ok(outcome) => Ok(outcome),
        Err(error) => held.clean_up(error, run).await,
    }
}

impl Held {
    /// Cancels and aborts. An object that stands all the same, since its answer was all that was missing, is success.
    async fn clean_up(self, mut error: Error, run: &Run) -> Result<Outcome> {
        let cancel = async {
            if let Some(statement) = &self.statement
                && let Err(reason) = statement.cancel(CLEAN_UP).await
            {
                tracing::warn!(reason, "the statement could not be cancelled");
            }
        };
        let abort = async {
            match self.upload {
                Some(mut upload) => {
                    upload.abort(run.deadline.remaining().map_or(LONG, |left| left.max(CLEAN_UP))).await
                }
                None => Ok(None),
            }
        };
        match tokio::join!(cancel, abort).1 {
            Ok(Some(uploaded)) => Ok(stands(&uploaded, run)),
            Ok(None) => Err(error),
            Err(left) => {
                error.message = format!("{} Besides, {}", error.message, left.message);
                error.hint = left.hint;
                Err(error)
            }
        }
    }
}

/// How long an abort may be tried where there is no deadline.
const LONG: Duration = Duration::from_secs(30);

fn stands(uploaded: &Uploaded, run: &Run) -> Outcome {
    Outcome {
        message: DONE.to_owned(),
        records_processed: run.progress.rows(),
        s3_location: Some(uploaded.location()),
        bytes_written: uploaded.bytes,
        columns: 0,
        warnings: vec!["S3's answer was late; the object was found complete.".to_owned()],
    }
}

fn deadline_exceeded(run: &Run) -> Error {
    let stage = run.progress.stage();
    Error::new(
        ErrorType::DeadlineExceeded,
        stage,
        format!(
            "The time ran out after {:.1} seconds in stage {stage}, with {} rows read.",
            run.deadline.elapsed().as_secs_f64(),
            run.progress.rows(),
        ),
    )
}

/// The Java function's words.
const DONE: &str = "Data extraction completed successfully";

async fn work(shared: &Shared, extraction: &Extraction, run: &Run, held: &mut Held) -> Result<Outcome> {
    let aws = shared.aws().await;
    run.progress.enter(Stage::Config);
    let sql = statement_text(aws, extraction).await?;
    let (login, warnings) = find_login(shared, aws, extraction, run).await?;

    let mut destination = destination(shared, extraction, run)?;
    for retry in 0.. {
        run.progress.enter(Stage::Connection);
        let (session, looked) = tokio::join!(
            database::connect(&login, &run.deadline),
            Upload::look_first(shared.s3().await, destination)
        );
        let session = session?;
        match looked? {
            Looked::Skip(existing) => {
                session.close().await;
                return Ok(Outcome {
                    message: "The object exists already; nothing was extracted".to_owned(),
                    records_processed: 0,
                    s3_location: Some(existing.location()),
                    bytes_written: existing.bytes.unwrap_or(0),
                    columns: 0,
                    warnings,
                });
            }
            Looked::Ready(upload) => held.upload = Some(upload),
        }
        held.statement = Some(session.cancel_handle());
        match export(shared, extraction, run, &sql, session, held).await? {
            Exported::Done(mut outcome) => {
                *held = Held::default();
                outcome.warnings.splice(0..0, warnings);
                return Ok(outcome);
            }
            // Writing twice is nobody's wish; one more try is what product and patience allow.
            Exported::Refused { error, .. } if retry > 0 || extraction.allow_writes => return Err(error),
            Exported::Refused { error, again } => {
                tracing::warn!(%error, "another object took the name, extracting again under another");
                *held = Held::default();
                destination = *again;
            }
        }
    }
    unreachable!("the loop returns")
}

/// The SQL to send: the event's, a parameter's or the default.
async fn statement_text(aws: &SdkConfig, extraction: &Extraction) -> Result<String> {
    let source = match &extraction.query {
        Query::Text(sql) => sql.clone(),
        Query::Parameter(name) => config::read_query(aws, name).await?,
        Query::DefaultTableList => DEFAULT_QUERY.to_owned(),
    };
    Ok(sql::rewrite(&source)?.text().to_owned())
}

/// Everything that logging in takes, and what the caller should know about it.
async fn find_login(
    shared: &Shared,
    aws: &SdkConfig,
    extraction: &Extraction,
    run: &Run,
) -> Result<(Login, Vec<String>)> {
    let source = &extraction.db_config_param;
    let mut raw = config::read_parameter(aws, source).await?;
    // What can be missed without the secret is missed before the role is assumed.
    if raw.secret_arn().is_none() {
        raw.check(source)?;
    }

    run.progress.enter(Stage::Credentials);
    let mut account_b = aws::with(aws, raw.region(), None);
    if let Some(role) = &extraction.role {
        let session = session_name(&run.request_id);
        let credentials = shared.roles.credentials(&account_b, role, &session, SystemTime::now()).await?;
        account_b = aws::with(&account_b, None, Some(&credentials));
    }
    if let Some(arn) = raw.secret_arn().map(str::to_owned) {
        run.progress.enter(Stage::Config);
        raw = raw.merged_with(config::read_secret(&account_b, &arn).await?);
    }
    let config: DatabaseConfig = raw.check(source)?;

    run.progress.enter(Stage::Endpoint);
    let endpoint = find_endpoint(&account_b, &config).await?;
    let password = match &config.auth {
        Auth::Password(password) => password.clone(),
        Auth::Iam => {
            run.progress.enter(Stage::Credentials);
            iam_token(&account_b, &endpoint, config.tls.server_name.as_deref(), &config.username).await?
        }
    };
    let mut warnings = Vec::new();
    if config.tls.mode == SslMode::Disable {
        warnings.push("The connection to the database was not encrypted (sslMode disable).".to_owned());
    }
    tracing::info!(host = endpoint.host, port = endpoint.port, database = config.database, "database found");
    let login = Login {
        endpoint,
        database: config.database,
        username: config.username,
        password,
        tls: config.tls,
        application_name: application_name(&run.request_id),
    };
    Ok((login, warnings))
}

/// Shown in `pg_stat_activity`, which cuts it at 63 bytes.
fn application_name(request_id: &str) -> String {
    format!("rds-data-extractor {request_id}").chars().filter(char::is_ascii_graphic).take(63).collect()
}

fn destination(shared: &Shared, extraction: &Extraction, run: &Run) -> Result<Destination> {
    let key = extraction.object_key(Naming { request_id: &run.request_id, started: run.started })?;
    let id = extraction.event_id.as_deref().unwrap_or(&run.request_id);
    let mut destination = Destination::csv(&extraction.bucket, &key, id);
    destination.bucket_owner.clone_from(&extraction.bucket_owner);
    destination.if_exists = extraction.if_exists;
    destination.kms_key_id = shared.environment.get("S3_KMS_KEY_ID").map(str::to_owned);
    debug_assert_eq!(extraction.compression, Compression::None);
    Ok(destination)
}

/// How much later than the run's own deadline the server gives up.
const STATEMENT_GRACE: Duration = Duration::from_secs(1);

enum Exported {
    Done(Outcome),
    Refused { error: Error, again: Box<Destination> },
}

/// Runs the statement and writes its result.
async fn export(
    shared: &Shared,
    extraction: &Extraction,
    run: &Run,
    sql: &str,
    mut session: Session,
    held: &mut Held,
) -> Result<Exported> {
    let settings = SessionSettings {
        writable: extraction.allow_writes,
        // Ours strikes first and answers; the server's is for a function that was killed.
        statement_timeout: run.deadline.remaining().map(|left| left + STATEMENT_GRACE),
    };
    session.prepare(settings).await?;
    run.progress.enter(Stage::Query);
    let statement = session.parse(sql).await?;
    let parameters = parameters(&statement, extraction)?;
    let columns: Vec<_> = statement
        .columns
        .iter()
        .map(|column| Column {
            name: column.name.clone().into_bytes(),
            type_oid: column.type_oid,
            type_modifier: column.type_modifier,
        })
        .collect();
    let mut encoder = RowEncoder::new(&columns, &extraction.csv);
    let formats: Vec<_> = encoder.formats().iter().map(|format| wire_format(*format)).collect();

    if !encoder.casts().is_empty() {
        session.parse_with_casts(sql, columns.len(), encoder.casts(), settings).await?;
    }

    let upload = held
        .upload
        .as_mut()
        .ok_or_else(|| Error::new(ErrorType::Internal, Stage::Upload, "There is no upload to write to."))?;
    let mut writer = Parts::new(shared.buffers.clone(), PartSizes::new(None)).writer();
    encoder.header(writer.block(HEADER_ROOM).await);
    let mut parts = Sender { upload, writer: &mut writer, run };
    parts.end_row().await?;

    run.progress.enter(Stage::Rows);
    let rows = session.execute(&parameters, &formats).await?;
    let rows = stream(rows, &mut encoder, &mut parts, columns.len(), run).await?;
    // The server has said that the result is complete; nothing is left to cancel.
    held.statement = None;

    run.progress.enter(Stage::Upload);
    let mut outcome = Outcome {
        message: DONE.to_owned(),
        records_processed: rows,
        s3_location: None,
        bytes_written: 0,
        columns: columns.len(),
        warnings: encoder.warnings().to_vec(),
    };
    if rows == 0 && extraction.on_empty != OnEmpty::Header {
        session.close().await;
        if extraction.on_empty == OnEmpty::Fail {
            return Err(Error::new(ErrorType::NoData, Stage::Rows, "The query returned no row."));
        }
        "The query returned no row; no object was written".clone_into(&mut outcome.message);
        return Ok(Exported::Done(outcome));
    }
    let Some(upload) = held.upload.as_mut() else { unreachable!("it was there before the rows") };
    if let Some(part) = writer.finish() {
        upload.push(part).await?;
    }
    let (finished, ()) = tokio::join!(upload.finish(), session.close());
    match finished? {
        Finished::Uploaded(uploaded) => {
            outcome.s3_location = Some(uploaded.location());
            outcome.bytes_written = uploaded.bytes;
        }
        Finished::Exists(existing) => {
            outcome.warnings.push("The object appeared meanwhile; this result was not written.".to_owned());
            outcome.s3_location = Some(existing.location());
            outcome.bytes_written = existing.bytes.unwrap_or(0);
        }
        Finished::Refused { error, again } => return Ok(Exported::Refused { error, again }),
    }
    Ok(Exported::Done(outcome))
}

/// More than the labels of 1,664 columns need, each 63 bytes, quoted and doubled.
const HEADER_ROOM: usize = 256 * 1024;

fn wire_format(format: Format) -> i16 {
    match format {
        Format::Text => statement::TEXT,
        Format::Binary => statement::BINARY,
    }
}

/// JSON and JSONB, whose parameters take a JSON value as it is.
const JSON_TYPES: [u32; 2] = [114, 3802];

fn parameters(statement: &Statement, extraction: &Extraction) -> Result<Vec<Option<String>>> {
    let (wanted, given) = (statement.parameter_types.len(), extraction.params.len());
    let refused = |message: String| Error::new(ErrorType::QueryInvalid, Stage::Query, message);
    if wanted != given {
        let message =
            format!("The query has {wanted} parameters ($1, $2 …), but params holds {given} values.");
        return Err(refused(message).with_hint("Give one value in params for each $n of the query."));
    }
    let values = extraction.params.iter().zip(&statement.parameter_types).enumerate();
    values
        .map(|(i, (param, type_oid))| {
            param
                .server_text(JSON_TYPES.contains(type_oid))
                .map_err(|what| refused(format!("The value of ${} in params {what}.", i + 1)))
        })
        .collect()
}

/// The parts of this run's object, handed over as they get full.
struct Sender<'a> {
    upload: &'a mut Upload,
    writer: &'a mut PartWriter,
    run: &'a Run,
}

impl Sender<'_> {
    async fn end_row(&mut self) -> Result<()> {
        if let Some(part) = self.writer.end_row() {
            self.run.progress.enter(Stage::Upload);
            self.upload.push(part).await?;
            self.run.progress.enter(Stage::Encode);
        }
        Ok(())
    }
}

/// What a cell that is no text can take at most, with its quotes and its delimiter.
const CELL_ROOM: usize = 64;

/// Encodes rows as they arrive, to the end of the result. Answers their number.
async fn stream(
    mut rows: database::Rows<'_>,
    encoder: &mut RowEncoder,
    parts: &mut Sender<'_>,
    columns: usize,
    run: &Run,
) -> Result<u64> {
    let mut count = 0;
    let mut bytes = 0;
    while rows.advance().await? {
        run.progress.enter(Stage::Encode);
        while let Some(row) = rows.next_arrived() {
            // Every byte of a text may be a quote, and is doubled then.
            let block = parts.writer.block(2 * row.len() + CELL_ROOM * (columns + 1)).await;
            let before = block.len();
            encoder.row(row, block).map_err(|error| {
                Error::new(ErrorType::Internal, Stage::Encode, format!("A row cannot be written: {error}."))
            })?;
            bytes += (block.len() - before) as u64;
            count += 1;
            parts.end_row().await?;
        }
        run.progress.publish(count, bytes);
        run.progress.enter(Stage::Rows);
    }
    Ok(count)
}
