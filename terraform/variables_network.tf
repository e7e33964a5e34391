variable "connectivity" {
  description = "How the function reaches the database (docs/connectivity.md): `peering` creates a VPC peering with its routes; `lattice` shares the database alone, by VPC Lattice, also where the networks have the same addresses; `privatelink` does so by a load balancer, an endpoint service and a function that updates its targets; `transit_gateway` attaches both networks to one, which exists or is created; `existing`: a connection exists already (another peering, transit gateway, public address …)."
  type        = string
  default     = "peering"
  validation {
    condition     = contains(["peering", "lattice", "privatelink", "transit_gateway", "existing"], var.connectivity)
    error_message = "connectivity is peering, lattice, privatelink, transit_gateway or existing (which was called none before)."
  }
  validation {
    condition     = var.connectivity != "transit_gateway" || var.account_b_region == null
    error_message = "connectivity transit_gateway joins networks of one region, and account_b_region names another: use peering, or existing where two gateways are peered."
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
    condition     = length(var.account_a_subnet_ids) == 0 || contains(["lattice", "privatelink"], var.connectivity) || length(var.account_b_cidrs) > 0 || (var.side == "both" && var.account_b_vpc_id != null)
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
    condition     = var.connectivity == "existing" || length(var.account_a_subnet_ids) > 0
    error_message = "account_a_subnet_ids is missing: connectivity peering, lattice, privatelink and transit_gateway need a function in a VPC (existing does not)."
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
    condition     = length(var.account_a_subnet_ids) == 0 || length(var.account_a_route_table_ids) > 0 || (!contains(["peering", "transit_gateway"], var.connectivity) && (var.aws_api_access == "existing" || contains(var.existing_endpoints, "s3")))
    error_message = "account_a_route_table_ids is missing: the route tables of the function's subnets get the routes to the database and to S3."
  }
}

variable "db_admit" {
  description = "What the database's security groups admit: `cidr` (the function's subnets) or `security_group` (the function's security group; over a peering in one region, or a transit gateway)."
  type        = string
  default     = "cidr"
  validation {
    condition     = contains(["cidr", "security_group"], var.db_admit) && (var.db_admit == "cidr" || (contains(["peering", "transit_gateway"], var.connectivity) && var.account_b_region == null))
    error_message = "db_admit is cidr or security_group, and security_group works over a peering within one region, or a transit gateway, only."
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
  description = "Services that already have an endpoint in this VPC (or a central private zone), so that none is created: ssm, sts, rds, secretsmanager, monitoring, s3; for long_runs also ecr.api, ecr.dkr, logs."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for s in var.existing_endpoints : contains(["ssm", "sts", "rds", "secretsmanager", "monitoring", "s3", "ecr.api", "ecr.dkr", "logs"], s)])
    error_message = "existing_endpoints are of ssm, sts, rds, secretsmanager, monitoring, s3, ecr.api, ecr.dkr and logs."
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

variable "account_b_subnet_ids" {
  description = "Subnets of the database's VPC in which connectivity lattice places its resource gateway (with room for 16 addresses each) and privatelink its load balancer, in as many zones as possible; one zone at least is one of account_a_subnet_ids. transit_gateway is attached there: one in each zone of the database."
  type        = list(string)
  default     = []
  validation {
    condition     = contains(["lattice", "privatelink", "transit_gateway"], var.connectivity) && var.side == "both" ? length(var.account_b_subnet_ids) > 0 : true
    error_message = "account_b_subnet_ids is missing: connectivity lattice places a resource gateway there, privatelink a load balancer, and transit_gateway is attached there. aws ec2 describe-subnets --profile account-b"
  }
}

variable "lattice_definition" {
  description = "What connectivity lattice shares: `arn` an instance or a cluster, with RDS's own names and their failover; `dns` the host db_host, for a proxy or a custom endpoint."
  type        = string
  default     = "arn"
  validation {
    condition     = contains(["arn", "dns"], var.lattice_definition)
    error_message = "lattice_definition is arn or dns."
  }
  validation {
    condition = var.connectivity != "lattice" || (var.lattice_definition == "dns" ? var.db_host != null :
    var.db_proxy_name == null && contains(["writer", "reader"], coalesce(var.db_endpoint, "writer")) && (var.db_instance_identifier != null || var.db_cluster_identifier != null))
    error_message = "lattice_definition arn shares the instance db_instance_identifier or the cluster db_cluster_identifier, writer or reader; dns shares db_host, the name that RDS gives a proxy or a custom endpoint."
  }
}

variable "resource_configuration_arn" {
  description = "Resource configuration that account B's team shares (its output resource_configuration_arn), for connectivity lattice with side a."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity == "lattice" && var.side == "a" ? can(regex("^arn:aws:vpc-lattice:[a-z0-9-]+:[0-9]{12}:resourceconfiguration/rcfg-[0-9a-z]{17}$", var.resource_configuration_arn)) : var.resource_configuration_arn == null
    error_message = "resource_configuration_arn is what account B's team has shared, such as arn:aws:vpc-lattice:eu-west-1:222222222222:resourceconfiguration/rcfg-0123456789abcdef0: with connectivity lattice and side a, B's side is deployed first and names it."
  }
}

variable "resource_share_arn" {
  description = "Share of that resource configuration, or of account B's transit gateway (output resource_share_arn of its side), which is accepted here."
  type        = string
  default     = null
  validation {
    condition     = (var.connectivity == "lattice" || var.connectivity == "transit_gateway" && var.transit_gateway_owner == "b") && var.side == "a" && var.accept_resource_share ? can(regex("^arn:aws[a-z-]*:ram:[a-z0-9-]+:[0-9]{12}:resource-share/[0-9a-f-]+$", var.resource_share_arn)) : true
    error_message = "resource_share_arn is the share that account B's team has made, such as arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef (accept_resource_share false needs none)."
  }
}

variable "accept_resource_share" {
  description = "false: there is no invitation to accept, since the accounts belong to one organisation in which sharing by Resource Access Manager is on, or someone has accepted it."
  type        = bool
  default     = true
}

variable "account_b_access_log_days" {
  description = "Number of days for which account B keeps logs: of connectivity lattice, with a line for each connection (null for none), and of the function that updates the targets of privatelink."
  type        = number
  default     = 30
}

variable "endpoint_service_name" {
  description = "Endpoint service that account B's team offers (its output endpoint_service_name), for connectivity privatelink with side a."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity == "privatelink" && var.side == "a" ? can(regex("^(cn[.])?com[.]amazonaws[.]vpce[.][a-z0-9-]+[.]vpce-svc-[0-9a-f]{8,17}$", var.endpoint_service_name)) : var.endpoint_service_name == null
    error_message = "endpoint_service_name is what account B's team offers, such as com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0: with connectivity privatelink and side a, B's side is deployed first and names it."
  }
}

variable "privatelink_private_zone" {
  description = "true: connectivity privatelink makes a private zone of the database's name, so that this name leads to the endpoint in the whole VPC; false: the function connects to the endpoint's name and expects the database's in the certificate."
  type        = bool
  default     = false
}

variable "target_updater_package_file" {
  description = "Zip of the function that keeps the database's addresses registered with the load balancer of connectivity privatelink: `package/package.sh ARCHITECTURE nlb-target-updater`."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity != "privatelink" || var.side == "a" || try(fileexists(var.target_updater_package_file), false)
    error_message = "target_updater_package_file is missing, which connectivity privatelink needs: package/package.sh arm64 nlb-target-updater writes target/package/nlb-target-updater-arm64.zip."
  }
}
