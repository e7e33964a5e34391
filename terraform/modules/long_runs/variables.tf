variable "name" {
  description = "Name of the extractor, and prefix of the names of everything that belongs to it."
  type        = string
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "role_path" {
  description = "IAM path of the roles."
  type        = string
  default     = "/"
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the roles, or null."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "Customer key for the logs and the images."
  type        = string
}

variable "log_retention_days" {
  description = "Number of days for which logs are kept."
  type        = number
  default     = 30
}

variable "xray" {
  description = "Trace the executions with X-Ray."
  type        = bool
  default     = false
}

variable "alias_arn" {
  description = "Alias of the function."
  type        = string
}

variable "function_timeout" {
  description = "Timeout of the function in seconds."
  type        = number
}

variable "environment" {
  description = "Environment variables of the function, which the tasks have too."
  type        = map(string)
}

variable "task_statements" {
  description = "Statements of the policy of the tasks' role: what the function may do, without what only Lambda needs."
  type        = any
}

variable "subnet_ids" {
  description = "Subnets of the tasks: those of the function."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of the tasks: that of the function."
  type        = list(string)
}

variable "bucket" {
  description = "Bucket of the events and results of executions."
  type        = string
}

variable "bucket_owner" {
  description = "Account of the bucket."
  type        = string
}

variable "results_prefix" {
  description = "Prefix below which each execution has a folder with its event and its results."
  type        = string
}

variable "object_arns" {
  description = "ARNs of the objects that may be lists of exports, and beside which a summary is written."
  type        = list(string)
}

variable "bucket_kms_key_arn" {
  description = "Customer key with which the bucket is encrypted, or null."
  type        = string
  default     = null
}

variable "s3_kms_key_id" {
  description = "Customer key that is requested for each object; null: the bucket's default."
  type        = string
  default     = null
}

variable "architecture" {
  description = "`arm64` or `x86_64`, that of the image."
  type        = string
  default     = "arm64"
}

variable "image" {
  description = "URI of an existing image; null creates a repository for it."
  type        = string
  default     = null
}

variable "image_tag" {
  description = "Tag of the image in the repository that is created."
  type        = string
  default     = null
}

variable "cpu" {
  description = "CPU units of a task; 1024 is one core."
  type        = number
  default     = 1024
}

variable "memory" {
  description = "Memory of a task in MB."
  type        = number
  default     = 2048
}

variable "storage" {
  description = "Ephemeral storage of a task in GiB, 21 to 200; null for Fargate's 20."
  type        = number
  default     = null
}

variable "timeout_hours" {
  description = "Hours after which an execution is ended, whatever it does."
  type        = number
  default     = 24
}

variable "attempts" {
  description = "Number of tasks that an execution starts at most, one after another, as long as a failure is retryable."
  type        = number
  default     = 3
}

variable "max_concurrency" {
  description = "Number of exports of a list that run at once."
  type        = number
  default     = 5
}
