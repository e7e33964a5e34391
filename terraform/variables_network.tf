variable "connectivity" {
  description = "How the function reaches the database: `peering` makes a VPC peering with its routes; `none`: a way exists already (transit gateway, public address …)."
  type        = string
  default     = "peering"
  validation {
    condition     = contains(["peering", "none"], var.connectivity)
    error_message = "connectivity is peering or none."
  }
}

variable "function_in_vpc" {
  description = "false: a function outside any VPC, for discover and for databases reachable without one."
  type        = bool
  default     = true
  validation {
    condition     = var.function_in_vpc || var.connectivity == "none"
    error_message = "A function outside any VPC cannot use a peering: set connectivity to none, or function_in_vpc to true."
  }
}

variable "account_a_vpc_id" {
  description = "VPC of the function."
  type        = string
  default     = null
  validation {
    condition     = var.function_in_vpc ? can(regex("^vpc-[0-9a-f]{8,17}$", var.account_a_vpc_id)) : true
    error_message = "account_a_vpc_id looks like vpc-0123456789abcdef0: aws ec2 describe-vpcs --profile account-a"
  }
}

variable "account_b_vpc_id" {
  description = "VPC of the database."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity == "peering" ? can(regex("^vpc-[0-9a-f]{8,17}$", var.account_b_vpc_id)) : true
    error_message = "account_b_vpc_id looks like vpc-0123456789abcdef0: aws ec2 describe-vpcs --profile account-b"
  }
}

variable "account_a_vpc_cidr" {
  description = "CIDR of the function's VPC."
  type        = string
  default     = null
  validation {
    condition     = var.function_in_vpc ? can(cidrhost(var.account_a_vpc_cidr, 0)) : true
    error_message = "account_a_vpc_cidr is an IPv4 CIDR such as 10.0.0.0/16."
  }
}

variable "account_b_vpc_cidr" {
  description = "CIDR of the database's VPC."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity == "peering" ? can(cidrhost(var.account_b_vpc_cidr, 0)) : true
    error_message = "account_b_vpc_cidr is an IPv4 CIDR such as 10.1.0.0/16."
  }
  validation {
    # Two networks overlap when the longer prefix, cut to the shorter one, is the same network.
    condition = var.connectivity == "peering" ? try(
      cidrhost("${split("/", var.account_a_vpc_cidr)[0]}/${min(split("/", var.account_a_vpc_cidr)[1], split("/", var.account_b_vpc_cidr)[1])}", 0) !=
    cidrhost("${split("/", var.account_b_vpc_cidr)[0]}/${min(split("/", var.account_a_vpc_cidr)[1], split("/", var.account_b_vpc_cidr)[1])}", 0), true) : true
    error_message = "account_b_vpc_cidr overlaps account_a_vpc_cidr: VPC peering cannot join networks that share addresses."
  }
}

variable "account_a_subnet_ids" {
  description = "Private subnets of the function, two in different zones where possible."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_a_subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))]) && (!var.function_in_vpc || length(var.account_a_subnet_ids) > 0)
    error_message = "account_a_subnet_ids names one subnet at least, such as subnet-0123456789abcdef0."
  }
}

variable "account_a_route_table_ids" {
  description = "Route tables of the function's subnets: they get the routes to the database and to AWS."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_a_route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", id))])
    error_message = "account_a_route_table_ids are ids such as rtb-0123456789abcdef0."
  }
}

variable "account_b_route_table_ids" {
  description = "Route tables of the database's subnets: they get the route back."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_b_route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", id))])
    error_message = "account_b_route_table_ids are ids such as rtb-0123456789abcdef0."
  }
}

variable "db_security_group_ids" {
  description = "Security groups of the database that get the ingress rule; empty to leave them alone."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.db_security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "db_security_group_ids are ids such as sg-0123456789abcdef0."
  }
}

variable "db_admit" {
  description = "What the database's security groups admit: `cidr` (A's VPC) or `security_group` (the function's; same region, peering)."
  type        = string
  default     = "cidr"
  validation {
    condition     = contains(["cidr", "security_group"], var.db_admit)
    error_message = "db_admit is cidr or security_group."
  }
  validation {
    condition     = var.db_admit == "cidr" || (var.connectivity == "peering" && coalesce(var.account_b_region, var.aws_region) == var.aws_region)
    error_message = "db_admit security_group works only over peering within one region."
  }
}

variable "aws_api_access" {
  description = <<-EOT
    How a function in private subnets reaches AWS's APIs, with the monthly cost in us-east-1, one zone, without the data:
    `endpoints`: interface endpoints at 7.30 USD each a zone, 22 to 37 USD, S3 free through its gateway; own region only.
    `nat`: a NAT gateway with its address, 36.50 USD and 0.045 USD a GB; every region.
    `none`: it exists already, 0 USD.
  EOT
  type        = string
  default     = "endpoints"
  validation {
    condition     = contains(["endpoints", "nat", "none"], var.aws_api_access)
    error_message = "aws_api_access is endpoints, nat or none."
  }
  validation {
    condition     = var.aws_api_access != "endpoints" || coalesce(var.account_b_region, var.aws_region) == var.aws_region
    error_message = "Interface endpoints reach the APIs of their own region only: a database in another region needs aws_api_access nat (or none, if a way exists)."
  }
  validation {
    condition     = var.aws_api_access == "none" || !var.function_in_vpc || length(var.account_a_route_table_ids) > 0
    error_message = "aws_api_access ${var.aws_api_access} needs account_a_route_table_ids: the route tables of the function's subnets."
  }
}

variable "nat_public_subnet_id" {
  description = "Public subnet for the NAT gateway, for aws_api_access nat."
  type        = string
  default     = null
  validation {
    condition     = var.aws_api_access == "nat" && var.function_in_vpc ? can(regex("^subnet-[0-9a-f]{8,17}$", var.nat_public_subnet_id)) : true
    error_message = "aws_api_access nat needs nat_public_subnet_id: a subnet with a route to an internet gateway."
  }
}

variable "s3_gateway" {
  description = "Make S3's gateway endpoint; false where the route tables have one already."
  type        = bool
  default     = true
}

variable "s3_gateway_bucket_arns" {
  description = "Other buckets that S3's gateway endpoint must admit, for whatever else lives in these subnets."
  type        = list(string)
  default     = []
}
