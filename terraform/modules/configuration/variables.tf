variable "store" {
  description = <<-EOT
    Where the database's configuration lives:
    `parameter`: a SecureString, its value written once a `value_version` and never in the state;
    `secret`: a secret (0.40 USD a month) without a value, to be filled out of band;
    `existing`: made elsewhere.
  EOT
  type        = string
  default     = "parameter"
  validation {
    condition     = contains(["parameter", "secret", "existing"], var.store)
    error_message = "store is parameter, secret or existing."
  }
}

variable "name" {
  description = "Name of the parameter (`/cross-account/db-config`; for `existing` also a path that ends in `/`), or of the secret without the leading slash."
  type        = string
  validation {
    condition     = can(regex("^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?$", var.name)) && !startswith(var.name, "/aws/") && !startswith(var.name, "/ssm/")
    error_message = "name begins with a slash and has letters, digits and _.-/ such as /cross-account/db-config; /aws and /ssm belong to AWS."
  }
  validation {
    condition     = var.store == "existing" || !endswith(var.name, "/")
    error_message = "A name that ends in / is a path of several parameters; those are not made here: use store = existing."
  }
}

variable "value" {
  description = "The configuration as JSON. Ephemeral: it is in no plan and no state."
  type        = string
  default     = null
  ephemeral   = true
  validation {
    condition     = var.store != "parameter" || can(jsondecode(var.value))
    error_message = "value must be JSON where store is parameter."
  }
}

variable "value_version" {
  description = "Raise it to write the value anew."
  type        = number
  default     = 1
  validation {
    condition     = var.value_version >= 1 && floor(var.value_version) == var.value_version
    error_message = "value_version is a whole number from 1 up."
  }
}

variable "kms_key_arn" {
  description = "Customer key; null for the keys `aws/ssm` and `aws/secretsmanager`."
  type        = string
  default     = null
}

variable "recovery_window_days" {
  description = "Days that a deleted secret can be brought back; 0 deletes at once."
  type        = number
  default     = 7
  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "recovery_window_days is 0 or 7 to 30."
  }
}

variable "tags" {
  description = "Tags of the parameter or the secret."
  type        = map(string)
  default     = {}
}
