//! The closed lists of what can go wrong ([`ErrorType`]) and where ([`Stage`]). Every [`Error`] carries a
//! message to act on and a hint that says how to fix it.
//!
//! The underlying cause is kept as a `Cause`. Hints, retries and diagnoses depend on it, never on the words
//! of a message.
//!
//! An [`Error`] must not contain a secret or a cell's value: only names, addresses, sizes and what
//! `server_message` lets through of the server's message.

mod cause;
mod for_shell;

use std::fmt;

pub(crate) use cause::{AwsCause, Cause, Denial, Policy, ServerCause, TlsCause};
pub(crate) use for_shell::for_shell;

macro_rules! error_types {
    ($($name:ident, $status:literal, $retryable:literal, $hint:literal;)*) => {
        /// What went wrong: the closed list of `errorType`, each with a fixed `statusCode`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the documentation; docs/errors.md has a section for each")]
        pub enum ErrorType { $($name,)* }

        impl ErrorType {
            /// All error types, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the name used in `errorType`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Returns 400 for what the caller can fix in the event and 500 for everything else.
            pub const fn status_code(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Whether the same event may succeed later without any change.
            pub const fn retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)* }
            }

            /// Returns the most likely cause and its fix, for errors without a more specific hint.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

error_types! {
    InvalidRequest, 400, false, "Correct the event; README.md lists every field with its type and default.";
    ParameterNotFound, 400, false, "Check dbConfigParam (or DB_CONFIG_PARAM) and the region: aws ssm get-parameter --name NAME";
    ParameterAccessDenied, 500, false, "Grant ssm:GetParameter (for a path ssm:GetParametersByPath) and, with a customer key, kms:Decrypt to the function's role.";
    ParameterStoreFailed, 500, true, "In a VPC without NAT the function needs the interface endpoints ssm and, for secrets, secretsmanager.";
    InvalidDbConfig, 500, false, "Correct the parameter; README.md lists the keys of the database configuration.";
    AssumeRoleDenied, 500, false, "Grant sts:AssumeRole to the function's role in account A, and trust that role with this external id in account B.";
    AssumeRoleFailed, 500, true, "In a VPC without NAT the function needs the interface endpoint sts.";
    DbInstanceNotFound, 500, false, "Check the identifier, the region and the account of the role: aws rds describe-db-instances";
    DbInstanceNotAvailable, 500, true, "Wait until the database's status is available, or start it.";
    DescribeDenied, 500, false, "Grant rds:DescribeDBInstances (for a cluster rds:DescribeDBClusters) to the role, or set host and port in the configuration.";
    DescribeFailed, 500, true, "In a VPC without NAT the function needs the interface endpoint rds; or set host and port in the configuration.";
    DnsFailed, 500, true, "Check host in the configuration; over VPC peering enable DNS resolution on both sides.";
    ConnectTimeout, 500, true, "A security group, a route or a network ACL drops the packets: admit the function's security group at the database and route both ways over the peering or the transit gateway; behind an endpoint (VPC Lattice, PrivateLink) look at its state and its security groups.";
    ConnectRefused, 500, true, "Nothing listens there: check host and port, and that the database runs.";
    ConnectFailed, 500, true, "Check the network between the function and the database, and the database's limit of connections.";
    TlsFailed, 500, false, "Check sslMode, sslRootCert and tlsServerName in the configuration.";
    AuthenticationFailed, 500, false, "Check username, password and database in the configuration; for auth iam grant rds_iam to the user.";
    QueryInvalid, 400, false, "Run the query in psql, correct it there, then in the event.";
    QueryDenied, 400, false, "The session is read-only, and the user needs SELECT on what it reads.";
    QueryFailed, 500, false, "Run the query in psql as the same user to see the value it fails on.";
    ValueUnrepresentable, 400, false, "The column's Parquet type has no such value: convert it in the query, or have it written as NULL with parquet.unrepresentable \"null\".";
    QueryTimeout, 500, true, "Make the query cheaper, or give the function or the database's statement_timeout more time.";
    SnapshotUnavailable, 500, true, "The readers could not share one snapshot: run it again, or leave parallelism out.";
    WatermarkInvalid, 500, false, "The export cannot go on where the last one ended: see what rds-data-extractor watermark show says, then begin anew with incremental.restart, or restore what was changed.";
    ConnectionLost, 500, true, "The server closed the connection: look into its log for a restart, a failover or a terminated backend.";
    BucketNotFound, 400, false, "Check bucket (or S3_BUCKET_NAME): aws s3api head-bucket --bucket NAME";
    BucketAccessDenied, 500, false, "Grant s3:PutObject, s3:GetObject, s3:ListBucket, s3:ListBucketMultipartUploads and s3:AbortMultipartUpload to the function's role, and look at the bucket's owner (bucketOwner), policy and key.";
    ObjectExists, 400, true, "Choose another fileName, or ifExists suffix.";
    UploadFailed, 500, true, "Run it again; in a VPC without NAT the function needs the gateway endpoint s3.";
    PublishFailed, 500, true, "Grant sns:Publish on the topic to the function's role, and check topicArn (or OVERVIEW_TOPIC_ARN).";
    OutputFailed, 500, false, "Check that the folder exists, that you may write to it and that there is space left.";
    DeadlineExceeded, 500, true, "Give the function more time or memory, split the query, or run it from the command line, which has no limit.";
    Cancelled, 500, true, "The run was interrupted; nothing was left behind. Run it again.";
    NoData, 400, false, "The query returned no row and onEmpty is fail; header writes a file with the labels only, skip writes none.";
    Internal, 500, false, "This is a defect of the extractor: please report it with the requestId and the log.";
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! stages {
    ($($name:ident, $text:literal, $doc:literal;)*) => {
        /// Where it went wrong: the closed list of `stage`, in the order of the pipeline.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Stage { $(#[doc = $doc] $name,)* }

        impl Stage {
            /// All stages, in the order of the pipeline.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the name used in `stage` and in `timings`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

stages! {
    Event, "event", "Reading and checking the event and the environment.";
    Config, "config", "Reading the database configuration from Parameter Store or Secrets Manager.";
    Credentials, "credentials", "Assuming the role in account B.";
    Endpoint, "endpoint", "Finding the database's address.";
    Connection, "connection", "Name resolution, TCP, TLS, login and session settings.";
    Query, "query", "Parsing the statement on the server and binding its parameters.";
    Rows, "rows", "Running the statement and reading its rows.";
    Encode, "encode", "Turning rows into the format of the file and, if asked, compressing it.";
    Upload, "upload", "Claiming the name, sending parts and completing the object.";
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure as it is reported to the caller.
///
/// ```
/// use rds_data_extractor::error::{Error, ErrorType, Stage};
///
/// let error = Error::new(ErrorType::ConnectTimeout, Stage::Connection, "The database did not answer.");
/// assert_eq!((error.error_type.status_code(), error.retryable), (500, true));
/// assert!(error.advice().ends_with("(docs/errors.md#connecttimeout)"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub error_type: ErrorType,
    /// Where it went wrong.
    pub stage: Stage,
    /// A sentence that a person can act on.
    pub message: String,
    /// The likely cause and the command or setting that fixes it.
    pub hint: String,
    /// Whether the same event may succeed later without any change.
    pub retryable: bool,
    cause: Option<Box<Cause>>,
}

/// What to do where no call to AWS can be made.
const CREDENTIALS: &str = "Check the function's own credentials (aws sts get-caller-identity), the profile's name and the file that describes it.";

impl Error {
    /// Creates an error with the hint and the retryability of its type.
    pub fn new(error_type: ErrorType, stage: Stage, message: impl Into<String>) -> Self {
        Self {
            error_type,
            stage,
            message: message.into(),
            hint: error_type.hint().to_owned(),
            retryable: error_type.retryable(),
            cause: None,
        }
    }

    /// Returns the hint, followed by the section of docs/errors.md that lists all causes.
    pub fn advice(&self) -> String {
        format!("{} (docs/errors.md#{})", self.hint, self.error_type.as_str().to_lowercase())
    }

    /// Replaces the hint by one that is more specific than the type's.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Overrides whether a retry can help.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// Attaches the underlying cause. Without credentials, no retry can help, whatever was to be asked.
    #[must_use]
    pub(crate) fn caused_by(mut self, cause: Cause) -> Self {
        let lacks_credentials = matches!(&cause, Cause::Aws(cause) if cause.lacks_credentials);
        self.cause = Some(Box::new(cause));
        if lacks_credentials { self.with_retryable(false).with_hint(CREDENTIALS) } else { self }
    }

    /// Returns how the call to AWS failed, if that is the cause.
    pub(crate) fn aws(&self) -> Option<&AwsCause> {
        match self.cause.as_deref() {
            Some(Cause::Aws(cause)) => Some(cause),
            _ => None,
        }
    }

    /// Returns how the database server refused, if it did.
    pub(crate) fn server(&self) -> Option<&ServerCause> {
        match self.cause.as_deref() {
            Some(Cause::Server(cause)) => Some(cause),
            _ => None,
        }
    }

    /// Returns why TLS with the database failed, if it did.
    pub(crate) fn tls(&self) -> Option<TlsCause> {
        match self.cause.as_deref() {
            Some(Cause::Tls(cause)) => Some(*cause),
            _ => None,
        }
    }
}

/// Omits the cause, which is internal.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error_type, stage, message, hint, retryable, cause: _ } = self;
        f.debug_struct("Error")
            .field("error_type", error_type)
            .field("stage", stage)
            .field("message", message)
            .field("hint", hint)
            .field("retryable", retryable)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<extractor_sql::Problem> for Error {
    fn from(problem: extractor_sql::Problem) -> Self {
        Self::new(ErrorType::QueryInvalid, Stage::Query, problem.to_string())
    }
}

/// The result type of every stage.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_not_shown() {
        let cause = AwsCause { code: Some("Marked".to_owned()), ..AwsCause::default() };
        let error =
            Error::new(ErrorType::DescribeFailed, Stage::Endpoint, "It failed.").caused_by(Cause::Aws(cause));
        assert!(error.aws().is_some_and(|cause| cause.is(&["Marked"])));
        assert!(!format!("{error} {error:?}").contains("Marked"));
    }
}
