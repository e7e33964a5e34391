//! The fields of an event and their environment variables.

use crate::fields::{Field, Schema};

macro_rules! fields {
    ($($constant:ident = $name:literal, $variable:expr;)*) => {
        $(pub(super) const $constant: Field = Field { name: $name, variable: $variable };)*

        /// The schema of an event.
        pub(super) const EVENT: Schema = Schema {
            fields: &[$($constant,)*],
            operators_alone: &[
                "ALLOWED_ROLE_ARNS",
                "ALLOWED_BUCKETS",
                "ALLOWED_CONFIG_PARAMS",
                "ALLOWED_QUERY_PARAMS",
                "ALLOWED_TABLES",
                "ALLOWED_TOPIC_ARNS",
                "ALLOW_EVENT_QUERY",
                "ALLOW_WRITES",
                "ALLOW_HTTP",
            ],
        };
    };
}

fields! {
    ACTION = "action", None;
    DB_CONFIG_PARAM = "dbConfigParam", Some("DB_CONFIG_PARAM");
    ROLE_ARN = "crossAccountRoleArn", None;
    EXTERNAL_ID = "externalId", Some("EXTERNAL_ID");
    QUERY = "query", Some("DB_QUERY");
    QUERY_PARAM = "queryParam", Some("DB_QUERY_PARAM");
    PARAMS = "params", None;
    BUCKET = "bucket", Some("S3_BUCKET_NAME");
    BUCKET_OWNER = "bucketOwner", Some("S3_BUCKET_OWNER");
    KEY_PREFIX = "keyPrefix", Some("S3_KEY_PREFIX");
    FILE_NAME_PREFIX = "fileNamePrefix", Some("CSV_FILENAME_PREFIX");
    FILE_NAME = "fileName", None;
    FORMAT = "format", Some("FORMAT");
    CSV = "csv", None;
    PARQUET = "parquet", None;
    COMPRESSION = "compression", Some("COMPRESSION");
    COMPRESSION_LEVEL = "compressionLevel", Some("COMPRESSION_LEVEL");
    IF_EXISTS = "ifExists", Some("IF_EXISTS");
    ON_EMPTY = "onEmpty", Some("ON_EMPTY");
    TABLE = "table", None;
    TABLES = "tables", None;
    PARALLELISM = "parallelism", Some("PARALLELISM");
    SPLIT_BY = "splitBy", None;
    MAX_FILE_SIZE = "maxFileSize", Some("MAX_FILE_SIZE");
    PARTITION_BY = "partitionBy", None;
    MANIFEST = "manifest", None;
    INCREMENTAL = "incremental", None;
    TEMPLATE = "template", None;
    FOR_EACH = "forEach", None;
    ROLES = "roles", None;
    METRICS = "metrics", None;
    IDENTIFIER = "identifier", None;
    ENGINE = "engine", None;
    THRESHOLDS = "thresholds", None;
    EXPORTS = "exports", None;
    TOPIC_ARN = "topicArn", Some("OVERVIEW_TOPIC_ARN");
    RAISE_ON_ERROR = "raiseOnError", Some("RAISE_ON_ERROR");
    ROUTE = "route", None;
}
