variable "name" {
  description = "Name of the function and of everything that belongs to it."
  type        = string
  default     = "data-extraction-overview"
}

variable "package_file" {
  description = "The zip of `make package`, the same as for the extractor."
  type        = string
}

variable "architecture" {
  description = "Architecture of the package: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"
}

variable "bucket" {
  description = "Bucket with the exports, to which the page is written too."
  type        = string
}

variable "bucket_owner" {
  description = "Account that must own the bucket."
  type        = string
  default     = null
}

variable "key_prefix" {
  description = "Folder of the page in the bucket."
  type        = string
  default     = "overview"
  validation {
    condition     = length(trim(var.key_prefix, "/")) > 0
    error_message = "The page has a folder of its own."
  }
}

variable "roles" {
  description = "Roles of the accounts (module overview_role), with the region to query; none: the function's own account."
  type = list(object({
    role_arn    = string
    external_id = optional(string)
    region      = optional(string)
  }))
  default = []
}

variable "exports" {
  description = "Prefixes of the bucket to monitor, and how often an export is expected there; without hours, as often as before."
  type = list(object({
    prefix      = optional(string)
    every_hours = optional(number)
  }))
  default = [{}]
}

variable "thresholds" {
  description = "Thresholds of the findings that differ from the defaults in docs/overview.md."
  type        = map(number)
  default     = {}
}

variable "schedule_expression" {
  description = "Schedule on which the page is made."
  type        = string
  default     = "rate(1 hour)"
}

variable "schedule_timezone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "UTC"
}

variable "topic_arn" {
  description = "Existing SNS topic; null creates one."
  type        = string
  default     = null
}

variable "emails" {
  description = "Mail addresses that receive the findings; each subscription has to be confirmed by mail."
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "Customer key of topic, log, environment and schedule; null: AWS's own keys."
  type        = string
  default     = null
}

variable "bucket_kms_key_arn" {
  description = "Customer key of the objects in the bucket, exports and page; null for none."
  type        = string
  default     = null
}

variable "role_path" {
  description = "IAM path of the roles."
  type        = string
  default     = "/"
}

variable "memory_size" {
  description = "Memory in MB; 300 databases need less than 128 MB."
  type        = number
  default     = 256
}

variable "timeout" {
  description = "Timeout in seconds; ten accounts with 300 databases take less than a minute."
  type        = number
  default     = 300
}

variable "reserved_concurrency" {
  description = "Maximum number of concurrent runs; more than one would only do the same work twice. -1: no limit."
  type        = number
  default     = 1
}

variable "vpc" {
  description = "Subnets and security groups, if functions outside of VPCs are forbidden; docs/overview.md lists the endpoints."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "log_retention_days" {
  description = "Number of days for which logs are kept."
  type        = number
  default     = 30
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the roles."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of all resources that this module creates."
  type        = map(string)
  default     = {}
}
