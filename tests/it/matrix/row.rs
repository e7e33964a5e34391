//! One row of the matrix: a fault at a stage, and the expected outcome.

use std::time::Duration;

use devstack::{HttpFault, Rule, TcpFault};
use serde_json::{Value, json};

use crate::matrix::fault::Fault;

/// The parameter from which the database configuration comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Config {
    /// Host and port, with TLS.
    Tls,
    /// Host and port, without TLS, for faults at messages of the protocol.
    Plain,
    /// One parameter per value.
    Path,
    /// The endpoint comes from RDS.
    Instance,
    Cluster,
    Proxy,
    /// An instance that is stopped.
    Stopped,
    /// User and password come from account B's secret.
    Secret,
    WrongPassword,
    UnknownDatabase,
    UnknownHost,
}

impl Config {
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Plain => "plain",
            Self::Path => "path/",
            Self::Instance => "instance",
            Self::Cluster => "cluster",
            Self::Proxy => "proxy",
            Self::Stopped => "stopped",
            Self::Secret => "secret",
            Self::WrongPassword => "wrong-password",
            Self::UnknownDatabase => "unknown-database",
            Self::UnknownHost => "unknown-host",
        }
    }
}

/// The query.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// 100 rows, one request to S3.
    Small,
    /// Three parts.
    Many,
    /// The same rows, from a table that three readers divide.
    Table,
    /// The rows of [`PARTED`](crate::matrix::environment::PARTED).
    Parted,
    /// Several tables: [`TABLES`](crate::matrix::environment::TABLES).
    Tables,
    /// Any other query, which must not write an object.
    Sql(&'static str),
}

/// What the run writes below its prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    Csv,
    Parquet,
    /// A folder with several files.
    Set,
}

impl Output {
    /// Returns the name of the object, or of the folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "data.csv",
            Self::Parquet => "data.parquet",
            Self::Set => "data",
        }
    }

    /// Returns the key whose object makes the result complete.
    pub fn key(self, prefix: &str) -> String {
        let name = self.file_name();
        if self == Self::Set { format!("{prefix}/{name}/_manifest.json") } else { format!("{prefix}/{name}") }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Success,
    Fails {
        error_type: &'static str,
        stage: &'static str,
    },
    /// `DeadlineExceeded`, in whichever stage.
    RunsOut,
}

/// The objects under the row's prefix at the end; of a set, all that belong to it are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Object {
    None,
    Complete,
    /// Only the object that a rival wrote under the name, unchanged.
    Rivals,
    /// The rival's object, and ours under another name.
    Both,
    /// A complete set without `_SUCCESS`.
    Unmarked,
    /// So many files of a set that is not complete, which the answer names by their number and folder.
    Named(usize),
}

pub struct Row {
    /// The stage in which the fault occurs.
    pub stage: &'static str,
    /// The fault in words.
    pub name: &'static str,
    pub faults: Vec<Fault>,
    pub config: Config,
    pub query: Query,
    pub output: Output,
    /// Fields of the event in addition to the usual ones.
    pub fields: Value,
    /// The time limit of the invocation.
    pub limit: Duration,
    pub expected: Expected,
    pub object: Object,
    /// Whether a multipart upload stays open, or several of a set, which the answer must name.
    pub names_upload: bool,
    /// The approximate duration of the run, by which rows are ordered.
    pub seconds: u64,
}

/// Enough time for every retry of the function.
const PATIENCE: Duration = Duration::from_secs(70);

/// Returns a row without a fault: a small result over TLS that succeeds.
pub fn row(stage: &'static str, name: &'static str) -> Row {
    Row {
        stage,
        name,
        faults: Vec::new(),
        config: Config::Tls,
        query: Query::Small,
        output: Output::Csv,
        fields: json!({}),
        limit: PATIENCE,
        expected: Expected::Success,
        object: Object::Complete,
        names_upload: false,
        seconds: 1,
    }
}

impl Row {
    /// Returns the stage and the fault, which together no other row has.
    pub fn title(&self) -> String {
        format!("{}: {}", self.stage, self.name)
    }

    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Applies the fault to every call of an action.
    pub fn every(self, service: &'static str, action: &'static str, fault: HttpFault) -> Self {
        self.fault(Fault::Http(Rule::every(service, action, fault)))
    }

    /// Applies the fault to the first call only.
    pub fn once(self, service: &'static str, action: &'static str, fault: HttpFault) -> Self {
        self.nth(service, action, 1, fault)
    }

    /// Applies the fault to the nth call only.
    pub fn nth(self, service: &'static str, action: &'static str, nth: u64, fault: HttpFault) -> Self {
        self.fault(Fault::Http(Rule::nth(service, action, nth, fault)))
    }

    /// Applies the fault to every connection to the database.
    pub fn tcp(self, fault: TcpFault) -> Self {
        self.fault(Fault::Tcp(Vec::new(), fault))
    }

    /// Applies the fault to the next connection, but not to those after it, such as that of the cancel
    /// request.
    pub fn tcp_once(self, fault: TcpFault) -> Self {
        self.fault(Fault::Tcp(vec![fault], TcpFault::None))
    }

    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    pub fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    pub fn many(self) -> Self {
        self.query(Query::Many)
    }

    /// Only the connection of this reader suffers it, of those that the readers open in their turn.
    pub fn reader(self, reader: usize, fault: TcpFault) -> Self {
        self.readers_from(reader, &[fault], TcpFault::None)
    }

    /// The connections from this reader's on suffer these, and all after them the last one.
    pub fn readers_from(self, reader: usize, faults: &[TcpFault], then: TcpFault) -> Self {
        let mut next = vec![TcpFault::None; reader - 1];
        next.extend_from_slice(faults);
        self.query(Query::Table).fault(Fault::Tcp(next, then))
    }

    /// Adds fields of the event.
    pub fn fields(mut self, fields: Value) -> Self {
        if let Value::Object(fields) = fields {
            for (name, value) in fields {
                self.fields[name] = value;
            }
        }
        self
    }

    /// Writes a set, as these fields of the event say.
    pub fn set(mut self, fields: Value) -> Self {
        self.output = Output::Set;
        self.fields(fields)
    }

    /// Writes Parquet in small row groups, so that parts are sent before the end.
    pub fn parquet(mut self) -> Self {
        self.output = Output::Parquet;
        self.fields(json!({"format": "parquet", "compression": "none", "parquet": {"rowGroupSize": "1MiB"}}))
    }

    /// Applies the fault to the calls of an action whose path has this text.
    pub fn of(self, text: &'static str, action: &'static str, fault: HttpFault) -> Self {
        self.fault(Fault::Http(Rule::every("s3", action, fault).with_target(text)))
    }

    pub fn within(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// Sets the approximate duration of a long run.
    pub fn takes(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    pub fn fails(mut self, error_type: &'static str, stage: &'static str) -> Self {
        self.expected = Expected::Fails { error_type, stage };
        self.object = Object::None;
        self
    }

    /// Expects the run to stop by itself in `stage`, since `seconds` are too few.
    pub fn runs_out(self, seconds: u64, stage: &'static str) -> Self {
        self.within(seconds).takes(seconds).fails("DeadlineExceeded", stage)
    }

    /// Expects the run to stop by itself before `limit`.
    pub fn runs_out_anywhere(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self.expected = Expected::RunsOut;
        self.object(Object::None)
    }

    pub fn succeeds(&self) -> bool {
        self.expected == Expected::Success
    }

    pub fn error_type(&self) -> &'static str {
        match self.expected {
            Expected::Success => "Success",
            Expected::Fails { error_type, .. } => error_type,
            Expected::RunsOut => "DeadlineExceeded",
        }
    }

    pub fn object(mut self, object: Object) -> Self {
        self.object = object;
        self
    }

    pub fn names_upload(mut self) -> Self {
        self.names_upload = true;
        self
    }

    /// Returns the outcome in the words of the table.
    pub fn outcome(&self) -> String {
        match self.expected {
            Expected::Fails { error_type, stage } => format!("{error_type}, {stage}"),
            _ => self.error_type().to_owned(),
        }
    }

    /// Returns what is left, in the words of the table.
    pub fn left(&self) -> String {
        let left = match (self.object, self.names_upload) {
            (Object::None, false) => "none",
            (Object::None, true) if self.output == Output::Set => "none; the open uploads are named",
            (Object::None, true) => "none; the open upload is named",
            (Object::Complete, _) => "complete",
            (Object::Rivals, _) => "the rival's, untouched",
            (Object::Both, _) => "complete, beside the rival's",
            (Object::Unmarked, _) => "complete, without `_SUCCESS`",
            (Object::Named(files), _) => return format!("{files} files, which are named"),
        };
        left.to_owned()
    }
}
