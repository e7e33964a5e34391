variable "package_file" {
  description = "The zip of `make package`."
  type        = string
  validation {
    condition     = fileexists(var.package_file)
    error_message = "package_file: there is no such package, make one with `make package ARCH=arm64` (or x86_64)."
  }
}

variable "architecture" {
  description = "`arm64` (a fifth cheaper) or `x86_64`."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "Memory in MB; 1769 is one core."
  type        = number
  default     = 1769
  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size is 128 to 10240 MB."
  }
}

variable "timeout" {
  description = "Timeout of an invocation in seconds, 900 at most."
  type        = number
  default     = 900
  validation {
    condition     = var.timeout >= 30 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout is 30 to 900 seconds; connecting alone may take 30."
  }
}

variable "reserved_concurrency" {
  description = "Maximum number of concurrent runs; -1 for no limit."
  type        = number
  default     = -1
  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "reserved_concurrency is -1 (none) or 1 and more; 0 would switch the function off."
  }
}

variable "async_retries" {
  description = "Retries of failed asynchronous runs: 0, or 1 or 2 if if_exists is skip."
  type        = number
  default     = 0
  validation {
    condition     = contains([0, 1, 2], var.async_retries) && (var.async_retries == 0 || try(var.if_exists == "skip", false))
    error_message = "async_retries is 0, 1 or 2, and above 0 needs if_exists skip: otherwise a retry writes a second file."
  }
}

variable "failure_destination_arn" {
  description = "Queue or topic for failed runs; null creates a queue."
  type        = string
  default     = null
}

variable "code_signing_config_arn" {
  description = "Code signing configuration, or null."
  type        = string
  default     = null
}

variable "xray" {
  description = "Trace with X-Ray."
  type        = bool
  default     = false
}

variable "log_level" {
  description = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL (no lines, but the metrics)."
  type        = string
  default     = "INFO"
  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], var.log_level)
    error_message = "log_level is TRACE, DEBUG, INFO, WARN, ERROR or FATAL."
  }
}

variable "log_retention_days" {
  description = "Number of days for which logs are kept."
  type        = number
  default     = 30
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 …"
  }
}

variable "db_query" {
  description = "Query that is run if the event has none."
  type        = string
  default     = null
  validation {
    condition     = var.db_query == null || var.db_query_param == null
    error_message = "db_query: set db_query or db_query_param, not both."
  }
  validation {
    condition     = try(length(var.db_query), 0) <= 3000
    error_message = "db_query is longer than 3000 characters, and Lambda's environment holds 4 KB: put the query into a parameter, db_query_param."
  }
}

variable "db_query_param" {
  description = "Parameter (String) with the query that is run if the event has none."
  type        = string
  default     = null
  validation {
    condition     = var.db_query_param == null || can(regex("^/[A-Za-z0-9_./-]+$", var.db_query_param))
    error_message = "db_query_param is the name of a parameter such as /queries/users."
  }
}

variable "allowed_query_params" {
  description = "Parameters whose queries events may name, with * as in /queries/*."
  type        = list(string)
  default     = []
}

variable "allowed_role_arns" {
  description = "Roles that events may name, with *; empty: account B's role only."
  type        = list(string)
  default     = []
}

variable "allowed_buckets" {
  description = "Buckets that events may name, with *, or ARNs of access points; empty: this bucket only."
  type        = list(string)
  default     = []
}

variable "allowed_config_params" {
  description = "Configurations that events may name, with *; empty: this one only."
  type        = list(string)
  default     = []
}

variable "allowed_tables" {
  description = "Tables that events may name although allow_event_query is false, as schema.table, with * as in public.*."
  type        = list(string)
  default     = []
}

variable "allow_event_query" {
  description = "Whether events may contain SQL of their own."
  type        = bool
  default     = true
}

variable "if_exists" {
  description = "`suffix`, `fail` or `skip`; null for suffix."
  type        = string
  default     = null
  validation {
    condition     = var.if_exists == null || contains(["suffix", "fail", "skip"], coalesce(var.if_exists, "-"))
    error_message = "if_exists is suffix, fail or skip."
  }
}

variable "raise_on_error" {
  description = "Fail the invocation if the extraction fails; null: only if a rule or a queue invokes (schedules set this in their events)."
  type        = bool
  default     = null
}

variable "environment" {
  description = "Further variables of the function, such as COMPRESSION, FORMAT, PARALLELISM, S3_SSE, S3_TAGS: README.md lists them. In config.env each has a line of its own."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for k, v in var.environment : contains(["AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT"], k) || can(regex("^[A-Z][A-Z0-9_]*$", k)) && !can(regex("^(AWS_|LAMBDA_|_|DB_|EXTERNAL_ID|ACCOUNT_B_ID|CROSS_ACCOUNT_ROLE_NAME|S3_BUCKET_|S3_KEY_PREFIX|S3_KMS_KEY_ID|IF_EXISTS$|RAISE_ON_ERROR|LOG_LEVEL|ALLOW_EVENT_QUERY|FUNCTION_IN_VPC|CONNECTIVITY|ALLOWED_(ROLE_ARNS|BUCKETS|CONFIG_PARAMS|QUERY_PARAMS|TABLES))", k))])
    error_message = "environment has names in capitals, and none that Lambda or a variable of this module sets."
  }
  validation {
    condition = alltrue([for k, v in var.environment : can(regex(lookup({
      COMPRESSION        = "^(none|gzip|zstd|snappy)$", COMPRESSION_LEVEL = "^-?[0-9]+$", ON_EMPTY = "^(header|fail|skip)$", FORMAT = "^(csv|parquet|jsonl)$"
      PARALLELISM        = "^([1-9]|[1-5][0-9]|6[0-4])$", ALLOW_WRITES = "^(true|false)$", S3_SSE = "^(AES256|aws:kms|aws:kms:dsse)$"
      S3_STORAGE_CLASS   = "^(STANDARD|STANDARD_IA|INTELLIGENT_TIERING|ONEZONE_IA|GLACIER_IR|GLACIER|DEEP_ARCHIVE|REDUCED_REDUNDANCY)$"
      S3_PAYLOAD_SIGNING = "^(true|false)$", ALLOW_HTTP = "^(true|false)$", AWS_USE_DUALSTACK_ENDPOINT = "^(true|false)$", AWS_USE_FIPS_ENDPOINT = "^(true|false)$"
      S3_ACL             = "^(private|bucket-owner-full-control|bucket-owner-read|authenticated-read|aws-exec-read|public-read|public-read-write)$"
    }, k, ""), v))])
    error_message = "environment: COMPRESSION is none, gzip, zstd or snappy; COMPRESSION_LEVEL a number; ON_EMPTY header, fail or skip; FORMAT csv, parquet or jsonl; PARALLELISM 1 to 64; ALLOW_WRITES, ALLOW_HTTP, S3_PAYLOAD_SIGNING, AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT true or false; S3_SSE AES256, aws:kms or aws:kms:dsse; S3_STORAGE_CLASS and S3_ACL as docs/operations.md lists them."
  }
}

variable "live_version" {
  description = "Version to which the alias points; null: the newest. A rollback sets it."
  type        = number
  default     = null
}
