variable "role_name" {
  description = "Name of the role that the function assumes, for example `CrossAccountRDSAccessRole`."
  type        = string
  default     = "CrossAccountRDSAccessRole"
  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "role_name is 1 to 64 of letters, digits and +=,.@_- (no path; that is role_path)."
  }
}

variable "role_path" {
  description = "IAM path of the role, for organisations that allow roles only under one."
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

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "function_role_arn" {
  description = "ARN of the function's role in account A with its path. The role need not exist yet."
  type        = string
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", var.function_role_arn))
    error_message = "function_role_arn is the ARN of one role, for example arn:aws:iam::111111111111:role/rds-data-extractor, without *."
  }
}

variable "external_id" {
  description = "External id that the function must send: 16 or more random characters, for example from `openssl rand -hex 16`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/_-]+$", var.external_id)) && length(var.external_id) >= 16 && length(var.external_id) <= 1224
    error_message = "external_id needs 16 to 1224 characters of letters, digits and +=,.@:/_-; make one with: openssl rand -hex 16"
  }
}

variable "organization_id" {
  description = "Organisation (`o-…`) that the caller must belong to, or null."
  type        = string
  default     = null
  validation {
    condition     = var.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id looks like o-a1b2c3d4e5."
  }
}

variable "db_instance_identifier" {
  description = "RDS instance that the role may describe, or null."
  type        = string
  default     = null
  validation {
    condition     = var.db_instance_identifier == null || can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,62}$", var.db_instance_identifier))
    error_message = "db_instance_identifier begins with a letter and has letters, digits and hyphens, 63 at most; no * and no ARN."
  }
}

variable "db_cluster_identifier" {
  description = "Aurora or Multi-AZ cluster that the role may describe, or null."
  type        = string
  default     = null
  validation {
    condition     = var.db_cluster_identifier == null || can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,62}$", var.db_cluster_identifier))
    error_message = "db_cluster_identifier begins with a letter and has letters, digits and hyphens, 63 at most; no * and no ARN."
  }
}

variable "secret_arn" {
  description = "Secret of this account with the database's user name and password (such as RDS manages), or null."
  type        = string
  default     = null
  validation {
    condition     = var.secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*]+$", var.secret_arn))
    error_message = "secret_arn is the full ARN of one secret, without *."
  }
}

variable "secret_kms_key_arn" {
  description = "Customer key that encrypts the secret; null for the key `aws/secretsmanager`, which needs no permission."
  type        = string
  default     = null
}

variable "iam_auth" {
  description = "IAM login: the database's resource id (`db-…` or `cluster-…`) and the database users; null for none."
  type        = object({ resource_id = string, users = list(string) })
  default     = null
  validation {
    condition     = var.iam_auth == null ? true : can(regex("^(db|cluster|prx)-[A-Za-z0-9]+$", var.iam_auth.resource_id))
    error_message = "iam_auth.resource_id is DbiResourceId (db-…), DbClusterResourceId (cluster-…) or a proxy's (prx-…)."
  }
  validation {
    condition     = var.iam_auth == null ? true : length(var.iam_auth.users) > 0 && alltrue([for u in var.iam_auth.users : can(regex("^[^*/]+$", u))])
    error_message = "iam_auth.users names at least one database user, without * and /."
  }
}

variable "allow_discover" {
  description = "Also allow the unfiltered lists of instances and clusters and CloudWatch's figures, for `action: discover`."
  type        = bool
  default     = false
}

variable "db_port" {
  description = "Port of the database."
  type        = number
  default     = 5432
  validation {
    condition     = var.db_port >= 1024 && var.db_port <= 65535 && floor(var.db_port) == var.db_port
    error_message = "db_port is a whole number from 1024 to 65535."
  }
}

variable "db_security_group_ids" {
  description = "Security groups of the database that get the ingress rules; empty to leave them alone."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.db_security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "db_security_group_ids are ids such as sg-0123456789abcdef0."
  }
}

variable "admit_cidrs" {
  description = "CIDRs of account A that the database's security groups admit."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for c in var.admit_cidrs : can(cidrhost(c, 0)) && try(tonumber(split("/", c)[1]) >= 8, false)])
    error_message = "admit_cidrs are CIDRs such as 10.0.0.0/16; a network larger than /8 (0.0.0.0/0 above all) is refused."
  }
}

variable "admit_security_groups" {
  description = "Security groups of account A to admit instead of CIDRs (same region, peered): label => `ACCOUNT/sg-…`."
  type        = map(string)
  default     = {}
}

variable "alarm_topic_arn" {
  description = "SNS topic of account B for alarms on the database (CPU, connections, storage); null for none."
  type        = string
  default     = null
}

variable "alarm_max_connections" {
  description = "Connections at the database from which the alarm goes off."
  type        = number
  default     = 80
  validation {
    condition     = var.alarm_max_connections > 0
    error_message = "alarm_max_connections is above 0."
  }
}

variable "alarm_min_free_storage_gb" {
  description = "Free storage of the database in GB below which the alarm goes off."
  type        = number
  default     = 5
  validation {
    condition     = var.alarm_min_free_storage_gb > 0
    error_message = "alarm_min_free_storage_gb is above 0."
  }
}
