variable "s3_bucket_name" {
  description = "Bucket that gets the files."
  type        = string
}

variable "create_bucket" {
  description = "Make the bucket. false: it exists; its policy and lifecycle are never touched."
  type        = bool
  default     = true
}

variable "s3_bucket_owner" {
  description = "Account of the bucket, for one of a third account; null: account A's."
  type        = string
  default     = null
  validation {
    condition     = var.s3_bucket_owner == null || can(regex("^[0-9]{12}$", var.s3_bucket_owner))
    error_message = "s3_bucket_owner has 12 digits."
  }
  validation {
    condition     = !var.create_bucket || var.s3_bucket_owner == null || var.s3_bucket_owner == var.account_a_id
    error_message = "A bucket of another account cannot be made here: set create_bucket to false."
  }
}

variable "s3_key_prefix" {
  description = "Prefix of the files; the function may write nowhere else. null for the whole bucket."
  type        = string
  default     = null
}

variable "bucket_encryption" {
  description = "`AES256` (SSE-S3: readers need no key) or `aws:kms` (the key of kms_key_arn)."
  type        = string
  default     = "AES256"
  validation {
    condition     = contains(["AES256", "aws:kms"], var.bucket_encryption)
    error_message = "bucket_encryption is AES256 or aws:kms."
  }
}

variable "s3_kms_key_id" {
  description = "Customer key (ARN) that the function names for each object; null: as the bucket has it. Needed also for an existing bucket under a customer key."
  type        = string
  default     = null
  validation {
    condition     = var.s3_kms_key_id == null || can(regex("^arn:aws[a-z-]*:kms:", var.s3_kms_key_id))
    error_message = "s3_kms_key_id is the ARN of a key."
  }
}

variable "bucket_versioning" {
  description = "Keep old versions of objects."
  type        = bool
  default     = false
}

variable "bucket_expiration_days" {
  description = "Delete files after so many days; null keeps them."
  type        = number
  default     = null
}

variable "bucket_force_destroy" {
  description = "Let cleanup delete a bucket that has files."
  type        = bool
  default     = false
}

variable "bucket_log_bucket" {
  description = "Bucket for server access logs, or null."
  type        = string
  default     = null
}
