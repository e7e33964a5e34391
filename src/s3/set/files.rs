//! The files of a set: those that are being sent, those that S3 has, and those that are complete.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout};

use super::file::{Common, Piece, SentFile, upload};
use super::open_uploads::OpenUploads;
use crate::error::{Error, Result};
use crate::part::sizes::MIN_PART;
use crate::part::{Crc64Nvme, FileId, FileSent, Part};
use crate::s3::completion::{Arrived, Completion, complete};
use crate::s3::errors::{object_exists, upload_failed};
use crate::s3::key::Key;
use crate::telemetry;

/// The number of files whose rest is sent at the same time. A set of many small files would make more requests
/// at once than is good otherwise.
const SENDING: usize = 32;
/// The number of files that are completed, and of manifests that are written, at the same time.
pub(super) const COMPLETING: usize = 16;
/// How long those under way are waited for when one has failed, so that their outcome is known.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// The files of a set.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) common: Arc<Common>,
    open: HashMap<FileId, OpenFile>,
    /// Bytes that wait for more of their file.
    held: u64,
    /// The number of files that have ended and were not reported yet.
    ending: usize,
    pub(super) tasks: JoinSet<Result<()>>,
    pub(super) stop: watch::Sender<Option<Instant>>,
    reporter: mpsc::UnboundedSender<Result<SentFile>>,
    reports: mpsc::UnboundedReceiver<Result<SentFile>>,
    failed: Option<Error>,
    pub(super) sent: Vec<(Progress, Arc<SentFile>)>,
    /// The number of uploads that are not complete.
    pub(super) uploads: OpenUploads,
}

/// A file that has not ended.
#[derive(Debug)]
struct OpenFile {
    pieces: mpsc::UnboundedSender<Piece>,
    bytes: u64,
    crc: Crc64Nvme,
    /// The last part, if it is too small for S3.
    small: Option<Part>,
}

/// How far a file is whose parts have all arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Its upload is open.
    Open,
    /// Its completion was requested, and the object may exist.
    Asked,
    /// The object exists.
    Complete,
}

/// What ended the completion of all files, or the writing of what is beside them.
pub(super) enum Incomplete {
    /// Another object has the key of one of them.
    Taken(Error),
    Failed(Error),
}

impl Files {
    pub(super) fn new(common: Arc<Common>) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        Self {
            common,
            open: HashMap::new(),
            held: 0,
            ending: 0,
            tasks: JoinSet::new(),
            stop: watch::Sender::new(None),
            reporter,
            reports,
            failed: None,
            sent: Vec::new(),
            uploads: OpenUploads::default(),
        }
    }

    /// Returns where the files, and whatever else can fail in the background, report.
    pub(super) fn reporter(&self) -> mpsc::UnboundedSender<Result<SentFile>> {
        self.reporter.clone()
    }

    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Returns the length of all files that S3 has.
    pub(super) fn bytes(&self) -> u64 {
        self.sent.iter().map(|(_, file)| file.bytes).sum()
    }

    /// Returns whether there is nothing to undo.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.sent.is_empty()
    }

    /// Hands a part over, or keeps it if it is too small for S3, which only a file's last one may be.
    pub(super) fn push(&mut self, id: FileId, path: &str, part: &Part) -> Result<()> {
        self.look()?;
        let mut file = self.open.remove(&id).unwrap_or_else(|| self.start(path));
        file.bytes += part.len();
        file.crc = file.crc.followed_by(part.crc(), part.len());
        let part = match file.small.take() {
            Some(small) => {
                self.held -= small.len();
                small.join(part)
            }
            None => part.clone(),
        };
        if part.len() < MIN_PART {
            self.held += part.len();
            file.small = Some(part);
        } else {
            file.hand_over(Piece::Part(part));
        }
        self.open.insert(id, file);
        Ok(())
    }

    /// Hands over the rest of a file.
    pub(super) async fn end(&mut self, id: FileId, path: &str) -> Result<FileSent> {
        while self.ending >= SENDING {
            self.next_report().await?;
        }
        self.look()?;
        let mut file = self.open.remove(&id).unwrap_or_else(|| self.start(path));
        if let Some(small) = file.small.take() {
            self.held -= small.len();
            file.hand_over(Piece::Part(small));
        }
        file.hand_over(Piece::End(file.bytes, file.crc));
        self.ending += 1;
        Ok(FileSent::new(file.bytes, file.crc))
    }

    /// Waits until S3 has all files.
    pub(super) async fn all_sent(&mut self) -> Result<()> {
        while self.ending > 0 {
            self.next_report().await?;
        }
        self.look()?;
        if self.open.is_empty() {
            return Ok(());
        }
        let Common { bucket, folder, .. } = &*self.common;
        Err(upload_failed(format!("A file of s3://{}/{folder} has not ended.", bucket.name)))
    }

    /// Completes all files. What has been completed is kept in mind, so that it can be continued or undone.
    pub(super) async fn complete(&mut self) -> Result<(), Incomplete> {
        let mut running = FuturesUnordered::new();
        let mut next = 0;
        let first = loop {
            while running.len() < COMPLETING
                && let Some((progress, file)) = self.sent.get_mut(next)
            {
                if *progress != Progress::Complete {
                    *progress = Progress::Asked;
                    let (common, file, number) = (Arc::clone(&self.common), Arc::clone(file), next);
                    running.push(async move { (number, complete_file(&common, &file).await) });
                }
                next += 1;
            }
            match running.next().await {
                None => return Ok(()),
                Some((number, Ok(()))) => self.completed(number),
                Some((number, Err(error))) => {
                    self.note(number, &error);
                    break error;
                }
            }
        };
        let rest = async {
            while let Some((number, outcome)) = running.next().await {
                match outcome {
                    Ok(()) => self.completed(number),
                    Err(error) => self.note(number, &error),
                }
            }
        };
        // Those that take longer are in doubt, and undoing looks for them.
        let _ = timeout(GRACE, rest).await;
        Err(first)
    }

    /// Forgets all files, which are complete for good.
    pub(super) fn forget(&mut self) {
        self.sent.clear();
        self.uploads.reset();
    }

    /// Stops the files that are being sent, which then undo their uploads by `until`.
    pub(super) fn stop(&mut self, until: Instant) {
        self.stop.send_replace(Some(until));
        self.open.clear();
        self.held = 0;
        self.ending = 0;
    }

    /// Takes the reports of files that S3 has.
    pub(super) fn take_reports(&mut self) {
        while let Ok(report) = self.reports.try_recv() {
            self.sent.extend(report.ok().map(|file| (Progress::Open, Arc::new(file))));
        }
    }

    fn completed(&mut self, number: usize) {
        self.sent[number].0 = Progress::Complete;
        self.uploads.one_less();
    }

    /// After a refusal nothing is in doubt: the object is another's.
    fn note(&mut self, number: usize, error: &Incomplete) {
        if matches!(error, Incomplete::Taken(_)) {
            self.sent[number].0 = Progress::Open;
        }
    }

    fn start(&mut self, path: &str) -> OpenFile {
        let (pieces, coming) = mpsc::unbounded_channel();
        let (common, reporter) = (Arc::clone(&self.common), self.reporter.clone());
        let task = upload(common, path.into(), coming, reporter, self.stop.subscribe());
        self.tasks.spawn(telemetry::for_current(task));
        self.uploads.one_more();
        OpenFile { pieces, bytes: 0, crc: Part::empty().crc(), small: None }
    }

    /// Takes the reports that have come; fails if one is of a failure.
    fn look(&mut self) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        while let Ok(report) = self.reports.try_recv() {
            self.take(report)?;
        }
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = ended {
                return self.fail(broke_off(&error));
            }
        }
        Ok(())
    }

    async fn next_report(&mut self) -> Result<()> {
        self.look()?;
        if self.ending == 0 {
            return Ok(());
        }
        tokio::select! {
            biased;
            Some(report) = self.reports.recv() => self.take(report),
            // A task that has ended has reported, unless it broke off.
            Some(Err(error)) = self.tasks.join_next() => self.fail(broke_off(&error)),
            else => Ok(()),
        }
    }

    fn take(&mut self, report: Result<SentFile>) -> Result<()> {
        match report {
            Ok(file) => {
                self.ending -= 1;
                self.sent.push((Progress::Open, Arc::new(file)));
                Ok(())
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: Error) -> Result<()> {
        self.failed = Some(error.clone());
        Err(error)
    }

    /// Moves everything that must be undone to a value of its own.
    pub(super) fn take_all(&mut self) -> Self {
        let empty = Self::new(Arc::clone(&self.common));
        mem::replace(self, empty)
    }
}

impl OpenFile {
    fn hand_over(&self, piece: Piece) {
        // A task that has ended has reported why.
        let _ = self.pieces.send(piece);
    }
}

fn broke_off(error: &JoinError) -> Error {
    upload_failed(format!("Sending a file broke off: {error}."))
}

async fn complete_file(common: &Common, file: &SentFile) -> Result<(), Incomplete> {
    let Common { bucket, folder, properties } = common;
    let (key, checksum) = (format!("{folder}{}", file.path), file.crc.to_base64());
    let arrived = Arrived {
        key: &key,
        id: &file.id,
        parts: &file.parts,
        bytes: file.bytes,
        checksum: &checksum,
        properties,
    };
    match complete(bucket, arrived).await {
        Ok(Completion::Complete { .. }) => Ok(()),
        Ok(Completion::Refused(..)) => Err(Incomplete::Taken(object_exists(&bucket.name, folder))),
        Err(failure) => {
            let key = Key::in_folder(folder, &file.path);
            Err(Incomplete::Failed(failure.about(&bucket.name, &key)))
        }
    }
}
