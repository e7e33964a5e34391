variable "package_file" {
  description = "The zip of `make package`."
  type        = string
}

variable "architecture" {
  description = "`arm64` (a fifth cheaper) or `x86_64`."
  type        = string
  default     = "arm64"
}

variable "memory_size" {
  description = "Memory in MB; 1769 is one core."
  type        = number
  default     = 1769
}

variable "timeout" {
  description = "Seconds of an invocation, 900 at most."
  type        = number
  default     = 900
}

variable "ephemeral_storage" {
  description = "/tmp in MB; the function streams and needs none."
  type        = number
  default     = 512
}

variable "reserved_concurrency" {
  description = "Most runs at a time; -1 for no limit."
  type        = number
  default     = -1
}

variable "async_retries" {
  description = "Retries of asynchronous runs that fail: 0, or 1 and 2 where if_exists is skip."
  type        = number
  default     = 0
  validation {
    condition     = var.async_retries == 0 || try(var.if_exists == "skip", false)
    error_message = "async_retries above 0 need if_exists skip: otherwise a retry writes a second file."
  }
}

variable "failure_destination_arn" {
  description = "Queue or topic for runs that failed; null makes a queue."
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
  description = "TRACE, DEBUG, INFO, WARN or ERROR."
  type        = string
  default     = "INFO"
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "db_query" {
  description = "Query where the event has none."
  type        = string
  default     = null
  validation {
    condition     = var.db_query == null || var.db_query_param == null
    error_message = "Set db_query or db_query_param, not both."
  }
  validation {
    condition     = try(length(var.db_query), 0) <= 3000
    error_message = "db_query is longer than 3000 characters, and Lambda's environment holds 4 KB: put the query into a parameter, db_query_param."
  }
}

variable "db_query_param" {
  description = "Parameter (String) with the query where the event has none."
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
  description = "Buckets that events may name, with *; empty: this bucket only."
  type        = list(string)
  default     = []
}

variable "allowed_config_params" {
  description = "Configurations that events may name, with *; empty: this one only."
  type        = list(string)
  default     = []
}

variable "allow_event_query" {
  description = "Whether events may bring SQL of their own."
  type        = bool
  default     = true
}

variable "allow_writes" {
  description = "Run statements outside a read-only transaction."
  type        = bool
  default     = false
}

variable "csv_filename_prefix" {
  description = "First part of the file names; null for data_export."
  type        = string
  default     = null
}

variable "compression" {
  description = "`none`, `gzip` or `zstd`; null for none."
  type        = string
  default     = null
  validation {
    condition     = var.compression == null || contains(["none", "gzip", "zstd"], coalesce(var.compression, "-"))
    error_message = "compression is none, gzip or zstd."
  }
}

variable "compression_level" {
  description = "Level of the compression; null for its default."
  type        = number
  default     = null
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

variable "on_empty" {
  description = "`header`, `fail` or `skip`; null for header."
  type        = string
  default     = null
  validation {
    condition     = var.on_empty == null || contains(["header", "fail", "skip"], coalesce(var.on_empty, "-"))
    error_message = "on_empty is header, fail or skip."
  }
}

variable "raise_on_error" {
  description = "Fail the invocation where the extraction fails; null: only where a rule or a queue invokes (schedules say so themselves)."
  type        = bool
  default     = null
}
