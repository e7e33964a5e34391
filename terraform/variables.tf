# The names are those of config.env, in lower case.

variable "name" {
  description = "Name of the function, and prefix of the names of everything that belongs to it."
  type        = string
  default     = "rds-data-extractor"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,41}$", var.name)) && !can(regex("^(aws|ssm|sg-)", var.name))
    error_message = "name begins with a lower-case letter and has lower-case letters, digits and hyphens, 42 at most; names that begin with aws, ssm or sg- belong to AWS."
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "side" {
  description = "`both` accounts, or `a`: the team of account B manages it with modules/account_b. aws.b may then be the provider of account A."
  type        = string
  default     = "both"
  validation {
    condition     = contains(["both", "a"], var.side)
    error_message = "side is both or a; account B's side alone is modules/account_b."
  }
}

variable "account_b_region" {
  description = "Region of the database; null for the function's."
  type        = string
  default     = null
  validation {
    condition     = var.account_b_region == null || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account_b_region))
    error_message = "account_b_region looks like eu-west-1."
  }
}

variable "account_b_id" {
  description = "Account of the database."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_b_id))
    error_message = "account_b_id has 12 digits: aws sts get-caller-identity --profile account-b"
  }
}

variable "organization_id" {
  description = "Organisation (`o-…`) to which callers of B's role and users of the bucket must belong; null for no such condition."
  type        = string
  default     = null
  validation {
    condition     = var.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id looks like o-a1b2c3d4e5."
  }
}

variable "role_path" {
  description = "IAM path of all roles that this module creates."
  type        = string
  default     = "/"
  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path begins and ends with a slash, for example /data/."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary for roles in account A, or null."
  type        = string
  default     = null
  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of a policy."
  }
}

variable "account_b_permissions_boundary_arn" {
  description = "Permissions boundary for the role in account B, or null."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "Customer key of account A for logs, queues, alarms, environment and configuration, with the statements of output key_policy_json; null creates one (1 USD a month)."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key (…:key/…), not of an alias: policies do not look behind an alias. aws kms describe-key --key-id alias/NAME --query KeyMetadata.Arn"
  }
}

variable "function_role_arn" {
  description = "Existing execution role; null creates one. The output function_policy_json has the permissions that it needs."
  type        = string
  default     = null
  validation {
    condition     = var.function_role_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", var.function_role_arn))
    error_message = "function_role_arn is the ARN of one role, without *."
  }
}

variable "log_group_name" {
  description = "Existing log group; null creates /aws/lambda/NAME."
  type        = string
  default     = null
}
