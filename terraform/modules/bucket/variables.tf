variable "name" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "tags" {
  description = "Tags of the bucket."
  type        = map(string)
  default     = {}
}

variable "force_destroy" {
  description = "Let a destroy delete the bucket with its objects. By default, a bucket that is not empty is not deleted."
  type        = bool
  default     = false
}

variable "versioning" {
  description = "Keep old versions of objects."
  type        = bool
  default     = false
}

variable "expiration_days" {
  description = "Delete objects after this number of days; null keeps them."
  type        = number
  default     = null
  validation {
    condition     = var.expiration_days == null ? true : var.expiration_days >= 1 && floor(var.expiration_days) == var.expiration_days
    error_message = "expiration_days is a whole number of days, 1 or more, or null."
  }
}

variable "prefix" {
  description = "Prefix to which the expiration is limited; empty for the whole bucket."
  type        = string
  default     = ""
}

variable "kms_key_arn" {
  description = "Customer key for SSE-KMS (with a bucket key); null for SSE-S3."
  type        = string
  default     = null
}

variable "organization_id" {
  description = "Refuse principals of other organisations (perimeter); null for no such condition."
  type        = string
  default     = null
}

variable "log_bucket" {
  description = "Bucket for server access logs, or null."
  type        = string
  default     = null
}

variable "abort_days" {
  description = "Number of days after which incomplete uploads are aborted: longer than the longest run."
  type        = number
  default     = 1
}

variable "runs_prefix" {
  description = "Prefix of the events and results of state machines, which are deleted after 90 days; null for none."
  type        = string
  default     = null
}
