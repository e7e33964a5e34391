variable "s3_bucket_name" {
  description = "Bucket to which the files are written."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.s3_bucket_name)) && !can(regex("^(xn--|sthree-|amzn-s3-demo-)|-s3alias$|--ol-s3$|--x-s3$", var.s3_bucket_name))
    error_message = "s3_bucket_name is 3 to 63 lower-case letters, digits and hyphens (dots break TLS names), and none of S3's own names (sthree-…, …-s3alias)."
  }
}

variable "bucket" {
  description = "`create` creates the bucket; `existing`: its policy and lifecycle belong to its owner and are not changed."
  type        = string
  default     = "create"
  validation {
    condition     = contains(["create", "existing"], var.bucket)
    error_message = "bucket is create or existing."
  }
}

variable "s3_bucket_owner" {
  description = "Account of the bucket, if it belongs to a third account; null: account A."
  type        = string
  default     = null
  validation {
    condition     = var.s3_bucket_owner == null || can(regex("^[0-9]{12}$", var.s3_bucket_owner))
    error_message = "s3_bucket_owner has 12 digits."
  }
  validation {
    condition     = var.bucket == "existing" || var.s3_bucket_owner == null
    error_message = "s3_bucket_owner: a bucket of another account cannot be made here, set bucket to existing."
  }
}

variable "s3_key_prefix" {
  description = "Prefix of the files; the function may not write anywhere else. null for the whole bucket."
  type        = string
  default     = null
  validation {
    condition     = var.s3_key_prefix == null || can(regex("^[^/*][^*]*$", var.s3_key_prefix))
    error_message = "s3_key_prefix has no slash before it and no *, for example exports/users."
  }
}

variable "allow_delete" {
  description = "Let the function delete objects, below s3_key_prefix if there is one: files of a set that failed while it was being completed, or whose run was killed. Otherwise it only names them."
  type        = bool
  default     = false
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
  description = "Customer key (ARN) that the function requests for each object; null: the bucket's default. Also required for an existing bucket that is encrypted with a customer key."
  type        = string
  default     = null
  validation {
    condition     = var.s3_kms_key_id == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.s3_kms_key_id))
    error_message = "s3_kms_key_id is the ARN of a key (…:key/…), not of an alias: policies do not look behind an alias."
  }
}

variable "bucket_versioning" {
  description = "Keep old versions of objects."
  type        = bool
  default     = false
}

variable "bucket_expiration_days" {
  description = "Delete files after this number of days; null keeps them."
  type        = number
  default     = null
}

variable "bucket_force_destroy" {
  description = "Let cleanup delete a bucket that contains files."
  type        = bool
  default     = false
}

variable "bucket_log_bucket" {
  description = "Bucket for server access logs, or null."
  type        = string
  default     = null
}
