variable "vpc" {
  description = "VPC and private subnets of the function; null for a function outside any VPC (for `discover`, or a database reachable without one)."
  type        = object({ id = string, subnet_ids = list(string) })
  default     = null
  validation {
    condition     = var.vpc == null ? true : can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc.id)) && length(var.vpc.subnet_ids) > 0
    error_message = "vpc.id looks like vpc-0123456789abcdef0, and subnet_ids names one private subnet at least (two in different zones are better)."
  }
}

variable "security_group_ids" {
  description = "Security groups that exist already; empty makes one."
  type        = list(string)
  default     = []
}

variable "db_port" {
  description = "Port of the database, for the egress rule."
  type        = number
  default     = 5432
}

variable "db_cidrs" {
  description = "Networks of the database that the function may reach at db_port."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for c in var.db_cidrs : can(cidrhost(c, 0))])
    error_message = "db_cidrs are CIDRs such as 10.1.0.0/16."
  }
}

variable "https_cidrs" {
  description = "Networks that the function may reach at 443: the VPC's own where AWS is reached through endpoints, 0.0.0.0/0 behind NAT."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  validation {
    condition     = alltrue([for c in var.https_cidrs : can(cidrhost(c, 0))])
    error_message = "https_cidrs are CIDRs such as 10.0.0.0/16."
  }
}

variable "https_prefix_lists" {
  description = "Prefix lists that the function may reach at 443, such as S3's gateway endpoint: label => id."
  type        = map(string)
  default     = {}
}
