//! Writes the page, the state and the history, each only if it has not changed since it was read.
//!
//! ```text
//! history, state ──read──► evaluate ──► state with pending changes ──► page, history ──► publish ──► state without them
//! ```
//!
//! A run that finds the state changed by another run evaluates the overview again against the new state, so
//! that only one of two concurrent runs finds what is new. The changes that a run has to publish stay in the
//! state until it has published them: if it dies in between, a later run does so.

use std::path::Path;

use aws_config::SdkConfig;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use extractor_overview::{History, Line, Overview, page};

use super::kept::Kept;
use super::publish::publish;
use super::state::{Before, published};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{PageTarget, Survey};
use crate::pipeline::{Process, Run};
use crate::s3::{Content, Store, Stored};

/// How often a write is tried if other runs are faster.
const TRIES: u32 = 8;
/// The metadata entry of objects that an overview wrote; no other object is replaced.
pub(super) const OWN: &str = "overview";
const AT: &str = "overview-at";
const PAGE: &str = "index.html";
const STATE: &str = "overview.json";
const HISTORY: &str = "history.jsonl";

pub(super) async fn keep(
    process: &Process,
    aws: &SdkConfig,
    survey: &Survey,
    target: &PageTarget,
    run: &Run,
    overview: Overview,
) -> Result<Kept> {
    run.progress.enter(Stage::Upload);
    match target {
        PageTarget::File(path) => in_file(path, overview),
        PageTarget::Bucket { bucket, prefix } => {
            let s3 = process.s3().await.clone();
            let folder = Folder {
                store: Store::new(s3, bucket, survey.bucket_owner.clone(), survey.options.clone()),
                bucket,
                prefix: prefix.as_deref(),
                at: overview.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            };
            in_bucket(&folder, aws, survey, overview).await
        }
    }
}

/// Returns the keys that an overview writes below `prefix`.
pub(super) fn own_keys(prefix: Option<&str>) -> [String; 3] {
    [PAGE, STATE, HISTORY].map(|name| key(prefix, name))
}

fn key(prefix: Option<&str>, name: &str) -> String {
    prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}/{name}"))
}

fn in_file(path: &Path, mut overview: Overview) -> Result<Kept> {
    overview.judge(&History::default(), &[]);
    let failed = |error: std::io::Error| {
        let message = format!("{} could not be written: {error}.", path.display());
        Error::new(ErrorType::OutputFailed, Stage::Upload, message)
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::fs::write(file.path(), page(&overview)).map_err(failed)?;
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(file.path(), readable).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    let location = path.display().to_string();
    Ok(Kept { overview, location, appeared: 0, ended: 0, published: 0, warnings: Vec::new() })
}

struct Folder<'a> {
    store: Store,
    bucket: &'a str,
    prefix: Option<&'a str>,
    at: String,
}

impl Folder<'_> {
    fn key(&self, name: &str) -> String {
        key(self.prefix, name)
    }

    /// Reads an object of an overview; any other object is an error.
    async fn read(&self, name: &str) -> Result<Option<Stored>> {
        let stored = self.store.read(&self.key(name)).await?;
        stored.map(|stored| self.own(name, stored)).transpose()
    }

    fn own(&self, name: &str, stored: Stored) -> Result<Stored> {
        if stored.metadata.contains_key(OWN) {
            return Ok(stored);
        }
        let key = self.key(name);
        let message = format!(
            "s3://{}/{key} exists and was not written by an overview; it is not replaced.",
            self.bucket
        );
        Err(Error::new(ErrorType::ObjectExists, Stage::Upload, message)
            .with_hint("Give the overview a keyPrefix of its own.")
            .with_retryable(false))
    }

    async fn write(
        &self,
        name: &str,
        content_type: &str,
        bytes: &Bytes,
        instead_of: Option<&Stored>,
    ) -> Result<Option<String>> {
        let metadata = [(OWN, "1"), (AT, self.at.as_str())];
        let content = Content { content_type, metadata: &metadata };
        let etag = instead_of.and_then(|stored| stored.etag.as_deref());
        self.store.write(&self.key(name), bytes, content, etag).await
    }

    fn busy(&self, name: &str) -> Error {
        let message = format!(
            "s3://{}/{} was changed by other runs whenever this run tried to write it.",
            self.bucket,
            self.key(name)
        );
        Error::new(ErrorType::UploadFailed, Stage::Upload, message)
            .with_hint("Run one overview at a time for a bucket and prefix.")
            .with_retryable(true)
    }
}

async fn in_bucket(
    folder: &Folder<'_>,
    aws: &SdkConfig,
    survey: &Survey,
    mut overview: Overview,
) -> Result<Kept> {
    let mut warnings = Vec::new();
    let (stored, history) = read_history(folder).await?;
    if history.unreadable > 0 {
        warnings
            .push(format!("{} lines of the history could not be read and are dropped.", history.unreadable));
    }
    let written = write_state(folder, &mut overview, &history).await?;
    if written.is_some() {
        write_page(folder, &overview).await?;
    } else {
        warnings.push(
            "A run that began later has written the page; this one adds its line to the history.".to_owned(),
        );
    }
    write_history(folder, &overview, stored, history).await?;
    let location = format!("s3://{}/{}", folder.bucket, folder.key(PAGE));
    let mut kept = Kept { overview, location, appeared: 0, ended: 0, published: 0, warnings };
    let Some(written) = written else { return Ok(kept) };
    (kept.appeared, kept.ended) = (written.to_publish.appeared.len(), written.to_publish.ended.len());
    if written.to_publish.is_empty() {
        return Ok(kept);
    }
    if let Some(topic) = &survey.topic_arn {
        kept.published = publish(aws, topic, &kept.overview, &written.to_publish, &kept.location).await?;
    }
    write_published(folder, &mut kept.overview, written.etag).await?;
    Ok(kept)
}

async fn read_history(folder: &Folder<'_>) -> Result<(Option<Stored>, History)> {
    let stored = folder.read(HISTORY).await?;
    let history = stored
        .as_ref()
        .map(|stored| History::read(&String::from_utf8_lossy(&stored.bytes)))
        .unwrap_or_default();
    // The text is not needed once it has been read.
    let stored = stored.map(|stored| Stored { bytes: Bytes::new(), ..stored });
    Ok((stored, history))
}

/// The state as this run wrote it.
struct Written {
    etag: String,
    to_publish: extractor_overview::Changes,
}

/// Evaluates the overview against the state and replaces the state; returns `None` if a later run has written
/// it.
async fn write_state(
    folder: &Folder<'_>,
    overview: &mut Overview,
    history: &History,
) -> Result<Option<Written>> {
    for _ in 0..TRIES {
        let stored = folder.read(STATE).await?;
        let before = stored.as_ref().map(|stored| Before::read(&stored.bytes)).unwrap_or_default();
        let changes = overview.judge(history, &before.findings);
        if before.generated_at.is_some_and(|at| at > overview.generated_at) {
            return Ok(None);
        }
        let to_publish = before.hand_over(overview, changes);
        let bytes = json(overview)?;
        if let Some(etag) = folder.write(STATE, "application/json", &bytes, stored.as_ref()).await? {
            return Ok(Some(Written { etag, to_publish }));
        }
    }
    Err(folder.busy(STATE))
}

fn json(overview: &Overview) -> Result<Bytes> {
    serde_json::to_vec(overview).map(Bytes::from).map_err(|error| {
        let message = format!("The overview could not be written as JSON: {error}.");
        Error::new(ErrorType::Internal, Stage::Upload, message)
    })
}

async fn write_page(folder: &Folder<'_>, overview: &Overview) -> Result<()> {
    let bytes = Bytes::from(page(overview));
    let key = folder.key(PAGE);
    for _ in 0..TRIES {
        let stored = folder.store.look(&key).await?.map(|stored| folder.own(PAGE, stored)).transpose()?;
        let at = stored.as_ref().and_then(|stored| stored.metadata.get(AT)?.parse::<DateTime<Utc>>().ok());
        if at.is_some_and(|at| at > overview.generated_at) {
            return Ok(());
        }
        if folder.write(PAGE, "text/html; charset=utf-8", &bytes, stored.as_ref()).await?.is_some() {
            return Ok(());
        }
    }
    Err(folder.busy(PAGE))
}

async fn write_history(
    folder: &Folder<'_>,
    overview: &Overview,
    mut stored: Option<Stored>,
    mut history: History,
) -> Result<()> {
    let line = Line::of(overview);
    for _ in 0..TRIES {
        history.add(line.clone());
        let bytes = Bytes::from(history.text());
        drop(history);
        if folder.write(HISTORY, "application/x-ndjson", &bytes, stored.as_ref()).await?.is_some() {
            return Ok(());
        }
        drop(bytes);
        (stored, history) = read_history(folder).await?;
    }
    Err(folder.busy(HISTORY))
}

/// Removes the changes that this run has published from the state.
async fn write_published(folder: &Folder<'_>, overview: &mut Overview, etag: String) -> Result<()> {
    overview.unpublished.retain(|one| one.request_id != overview.request_id);
    let mut bytes = json(overview)?;
    let mut stored = Stored { etag: Some(etag), ..Stored::default() };
    for _ in 0..TRIES {
        if folder.write(STATE, "application/json", &bytes, Some(&stored)).await?.is_some() {
            return Ok(());
        }
        // Another run has replaced the state, which still contains the changes of this one.
        let Some(now) = folder.read(STATE).await? else { return Ok(()) };
        let Some(without) = published(&now.bytes, &overview.request_id) else { return Ok(()) };
        (bytes, stored) = (without, now);
    }
    Err(folder.busy(STATE))
}
