variable "connectivity" {
  description = "How the function reaches the database: `peering` creates a VPC peering with its routes; `existing`: a connection exists already (another peering, transit gateway, public address …)."
  type        = string
  default     = "peering"
  validation {
    condition     = contains(["peering", "existing"], var.connectivity)
    error_message = "connectivity is peering or existing."
  }
}

variable "peering_connection_id" {
  description = "Existing peering, for connectivity peering: only the routes are created; null creates one."
  type        = string
  default     = null
  validation {
    condition     = var.peering_connection_id == null || can(regex("^pcx-[0-9a-f]{8,17}$", var.peering_connection_id)) && var.connectivity == "peering"
    error_message = "peering_connection_id looks like pcx-0123456789abcdef0, and goes with connectivity peering."
  }
}

variable "account_b_vpc_id" {
  description = "VPC of the database."
  type        = string
  default     = null
  validation {
    condition     = var.account_b_vpc_id == null ? var.connectivity != "peering" || var.peering_connection_id != null : can(regex("^vpc-[0-9a-f]{8,17}$", var.account_b_vpc_id))
    error_message = "account_b_vpc_id looks like vpc-0123456789abcdef0: aws ec2 describe-vpcs --profile account-b"
  }
}

variable "account_b_cidrs" {
  description = "Networks of the database; empty: those of account_b_vpc_id, if account B is managed here too."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for c in var.account_b_cidrs : can(cidrhost(c, 0)) && try(tonumber(split("/", c)[1]) >= 8, false)])
    error_message = "account_b_cidrs are IPv4 CIDRs such as 10.1.0.0/16, and none larger than /8."
  }
  validation {
    condition     = length(var.account_a_subnet_ids) == 0 || length(var.account_b_cidrs) > 0 || (var.side == "both" && var.account_b_vpc_id != null)
    error_message = "account_b_cidrs is missing: the function's security group must know the network of the database (it is read off account_b_vpc_id where both accounts are managed here)."
  }
}

variable "account_a_subnet_ids" {
  description = "Private subnets of the function, two in different zones if possible; empty: the function is outside any VPC, for `discover` and for databases that are reachable from there."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_a_subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))])
    error_message = "account_a_subnet_ids are ids such as subnet-0123456789abcdef0."
  }
  validation {
    condition     = var.connectivity != "peering" || length(var.account_a_subnet_ids) > 0
    error_message = "account_a_subnet_ids is missing: a peering needs a function in a VPC (connectivity existing does not)."
  }
}

variable "account_a_route_table_ids" {
  description = "Route tables of the function's subnets, to which the routes to the database and to AWS are added."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_a_route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", id))])
    error_message = "account_a_route_table_ids are ids such as rtb-0123456789abcdef0."
  }
  validation {
    condition     = length(var.account_a_subnet_ids) == 0 || length(var.account_a_route_table_ids) > 0 || (var.connectivity == "existing" && (var.aws_api_access == "existing" || contains(var.existing_endpoints, "s3")))
    error_message = "account_a_route_table_ids is missing: the route tables of the function's subnets get the routes to the database and to S3."
  }
}

variable "db_admit" {
  description = "What the database's security groups admit: `cidr` (the function's subnets) or `security_group` (the function's security group; same region, peering)."
  type        = string
  default     = "cidr"
  validation {
    condition     = contains(["cidr", "security_group"], var.db_admit) && (var.db_admit == "cidr" || (var.connectivity == "peering" && var.account_b_region == null))
    error_message = "db_admit is cidr or security_group, and security_group works over a peering within one region only."
  }
}

variable "aws_api_access" {
  description = "How a function in private subnets reaches AWS's APIs: `endpoints` creates VPC endpoints for 7.30 USD a month each per zone (2 to 5 of them; S3's is free), own region only; `existing`: NAT or endpoints exist already."
  type        = string
  default     = "endpoints"
  validation {
    condition     = contains(["endpoints", "existing"], var.aws_api_access)
    error_message = "aws_api_access is endpoints or existing (examples/nat makes a NAT gateway)."
  }
  validation {
    condition     = var.aws_api_access != "endpoints" || length(var.account_a_subnet_ids) == 0 || var.account_b_region == null || (var.db_host != null && var.db_secret_arn == null && !var.allow_discover)
    error_message = "aws_api_access endpoints reach the APIs of their own region only: a database in another one needs a NAT gateway (examples/nat, aws_api_access existing), or db_host."
  }
}

variable "existing_endpoints" {
  description = "Services that already have an endpoint in this VPC (or a central private zone), so that none is created: ssm, sts, rds, secretsmanager, monitoring, s3."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for s in var.existing_endpoints : contains(["ssm", "sts", "rds", "secretsmanager", "monitoring", "s3"], s)])
    error_message = "existing_endpoints are of ssm, sts, rds, secretsmanager, monitoring and s3."
  }
}

variable "endpoint_policy" {
  description = "Whom the endpoints that this module creates serve: `open` everyone in the VPC, like AWS's default policy; `perimeter` the two accounts, or the organisation; `function` only this function, for a VPC of its own."
  type        = string
  default     = "open"
  validation {
    condition     = contains(["open", "perimeter", "function"], var.endpoint_policy)
    error_message = "endpoint_policy is open, perimeter or function."
  }
}

variable "account_b_route_table_ids" {
  description = "Route tables of the database's subnets, to which the route back is added."
  type        = list(string)
  default     = []
}

variable "db_security_group_ids" {
  description = "Security groups of the database to which the ingress rule is added; empty to leave them unchanged."
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.db_security_group_ids) == 0 || length(var.account_a_subnet_ids) > 0
    error_message = "db_security_group_ids: a function outside any VPC has no network to admit; leave them alone (empty)."
  }
}
