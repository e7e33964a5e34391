variable "role_arn" {
  description = "Execution role that exists already and has the permissions; null makes one."
  type        = string
  default     = null
}

variable "role_name" {
  description = "Name of the role made here; null takes the function's."
  type        = string
  default     = null
}

variable "role_path" {
  description = "IAM path of the role."
  type        = string
  default     = "/"
  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path begins and ends with a slash, for example /data/."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary for the role, or null."
  type        = string
  default     = null
}

variable "parameter_arns" {
  description = "Parameters that the function may read: the configuration and the allowed query parameters."
  type        = list(string)
  default     = []
}

variable "path_arns" {
  description = "Parameter paths that the function may read as a whole."
  type        = list(string)
  default     = []
}

variable "secrets" {
  description = "Secrets behind `/aws/reference/secretsmanager/…` that the function may read: label => ARN."
  type        = map(string)
  default     = {}
}

variable "configuration_keys" {
  description = "Customer keys of the parameters and secrets: label => ARN."
  type        = map(string)
  default     = {}
}

variable "assume_role_arns" {
  description = "Roles that the function may assume: account B's."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.assume_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "assume_role_arns are ARNs of single roles, without *."
  }
}

variable "bucket" {
  description = "Where the function writes: bucket, others that events may name (with *), the prefix of its keys (empty: the whole bucket), the owner's account (null: not checked), the bucket's customer key (null: none)."
  type = object({
    name        = string
    others      = optional(list(string), [])
    prefix      = optional(string, "")
    owner       = optional(string)
    kms_key_arn = optional(string)
    use_kms_key = optional(bool, false)
  })
  validation {
    condition     = !startswith(var.bucket.prefix, "/") && !strcontains(var.bucket.prefix, "*")
    error_message = "bucket.prefix has no leading slash and no *, for example exports/users."
  }
  validation {
    condition     = var.bucket.owner == null || can(regex("^[0-9]{12}$", var.bucket.owner))
    error_message = "bucket.owner is an account id of 12 digits."
  }
}
