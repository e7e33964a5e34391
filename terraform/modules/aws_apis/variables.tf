variable "name" {
  description = "Name prefix of what this module makes."
  type        = string
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "mode" {
  description = <<-EOT
    How a function in private subnets reaches AWS's APIs. Monthly cost, us-east-1, one zone, without the data:
    `endpoints`: interface endpoints at 7.30 USD each a zone (ssm, sts, rds; secretsmanager and monitoring by need),
    22 to 37 USD, 0.01 USD a GB; S3 through a gateway, free. Own region only.
    `nat`: a NAT gateway with its address, 36.50 USD, 0.045 USD a GB (S3 stays free through its gateway). Reaches every region.
    `none`: it exists already, 0 USD.
  EOT
  type        = string
  default     = "endpoints"
  validation {
    condition     = contains(["endpoints", "nat", "none"], var.mode)
    error_message = "mode is endpoints, nat or none."
  }
}

variable "vpc" {
  description = "VPC of the function: id, CIDR, the function's subnets and their route tables."
  type        = object({ id = string, cidr = string, subnet_ids = list(string), route_table_ids = list(string) })
  validation {
    condition     = can(cidrhost(var.vpc.cidr, 0))
    error_message = "vpc.cidr is an IPv4 CIDR such as 10.0.0.0/16."
  }
  validation {
    condition     = var.mode == "none" || length(var.vpc.route_table_ids) > 0
    error_message = "vpc.route_table_ids names the route tables of the function's subnets: S3's gateway endpoint and the NAT route go there."
  }
}

variable "s3_gateway" {
  description = "Make S3's gateway endpoint; false where the route tables have one already."
  type        = bool
  default     = true
}

variable "nat_public_subnet_id" {
  description = "Public subnet for the NAT gateway, with a route to an internet gateway; for `nat`."
  type        = string
  default     = null
  validation {
    condition     = var.mode == "nat" ? can(regex("^subnet-[0-9a-f]{8,17}$", var.nat_public_subnet_id)) : true
    error_message = "mode nat needs nat_public_subnet_id, such as subnet-0123456789abcdef0."
  }
}

variable "secretsmanager" {
  description = "Make the endpoint of Secrets Manager too: for a secret of account B (`secretArn`)."
  type        = bool
  default     = false
}

variable "monitoring" {
  description = "Make the endpoint of CloudWatch too: for `discover` with figures."
  type        = bool
  default     = false
}

variable "function_role_arn" {
  description = "The function's role: the only one that the endpoints ssm and sts admit."
  type        = string
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", var.function_role_arn))
    error_message = "function_role_arn is the ARN of one role, for example arn:aws:iam::111111111111:role/rds-data-extractor."
  }
}

variable "cross_account_role_arns" {
  description = "Roles of account B: what sts may assume, and the only ones that rds, secretsmanager and monitoring admit. Empty: the database is in the function's account, and read with its role."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.cross_account_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "cross_account_role_arns are ARNs of single roles, without *."
  }
}

variable "bucket_arns" {
  description = "Buckets that S3's gateway admits. The policy holds for everyone in these subnets: add what others there need."
  type        = list(string)
  validation {
    condition     = length(var.bucket_arns) > 0
    error_message = "bucket_arns names one bucket at least."
  }
}
