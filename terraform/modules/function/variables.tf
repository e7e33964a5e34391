variable "name" {
  description = "Name of the function; its role, log group and security group take it too."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9-_]{1,52}$", var.name))
    error_message = "name is 1 to 52 letters, digits, - and _."
  }
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "package_file" {
  description = "The zip that `make package` has made."
  type        = string
  validation {
    condition     = fileexists(var.package_file)
    error_message = "There is no such package: make one with `make package ARCH=arm64` (or x86_64)."
  }
}

variable "architecture" {
  description = "`arm64` (a fifth cheaper) or `x86_64`: that of the package."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "Memory in MB; 1769 is one core, and the parts in flight follow from it."
  type        = number
  default     = 1769
  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size is 128 to 10240 MB."
  }
}

variable "timeout" {
  description = "Seconds until Lambda ends an invocation; the function stops by itself before that."
  type        = number
  default     = 900
  validation {
    condition     = var.timeout >= 30 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout is 30 to 900 seconds; connecting alone may take 30."
  }
}

variable "ephemeral_storage" {
  description = "/tmp in MB; the function streams and needs none."
  type        = number
  default     = 512
  validation {
    condition     = var.ephemeral_storage >= 512 && var.ephemeral_storage <= 10240
    error_message = "ephemeral_storage is 512 to 10240 MB."
  }
}

variable "environment" {
  description = "The function's environment variables; null and empty values are left out."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "Customer key for the environment, the log group and the failure queue; null for AWS's keys."
  type        = string
  default     = null
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is set; apart from it because the ARN may be known only after apply."
  type        = bool
  default     = false
}

variable "code_signing_config_arn" {
  description = "Code signing configuration, or null."
  type        = string
  default     = null
}

variable "reserved_concurrency" {
  description = "Most invocations at a time; -1 for no limit. A limit protects the database from too many connections."
  type        = number
  default     = -1
  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "reserved_concurrency is -1 (none) or 1 and more; 0 would switch the function off."
  }
}

variable "async_retries" {
  description = "Retries of asynchronous invocations that fail: 0, 1 or 2."
  type        = number
  default     = 0
  validation {
    condition     = contains([0, 1, 2], var.async_retries)
    error_message = "async_retries is 0, 1 or 2."
  }
}

variable "async_max_age" {
  description = "Seconds that an asynchronous event may wait."
  type        = number
  default     = 3600
  validation {
    condition     = var.async_max_age >= 60 && var.async_max_age <= 21600
    error_message = "async_max_age is 60 to 21600 seconds."
  }
}

variable "failure_destination_arn" {
  description = "SQS queue or SNS topic for asynchronous events that failed; null makes a queue."
  type        = string
  default     = null
}

variable "xray" {
  description = "Trace with X-Ray."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that the logs are kept."
  type        = number
  default     = 30
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 …"
  }
}

variable "log_group_name" {
  description = "Log group that exists already; null makes `/aws/lambda/NAME`."
  type        = string
  default     = null
}

variable "log_level" {
  description = "The function's log level."
  type        = string
  default     = "INFO"
  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level is TRACE, DEBUG, INFO, WARN or ERROR."
  }
}
