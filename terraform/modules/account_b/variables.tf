variable "name" {
  description = "Name of the function, and prefix of the names of everything that this module creates."
  type        = string
  default     = "rds-data-extractor"
}

variable "account_a_id" {
  description = "Account of the function, if function_role_arn does not contain it."
  type        = string
  default     = null
}

variable "account_b_id" {
  description = "Account of the database: an account other than the provider's is refused; null skips this check."
  type        = string
  default     = null
}

variable "cross_account_role_name" {
  description = "Name of the role that the function assumes; null: NAME-database."
  type        = string
  default     = null
  validation {
    condition     = var.cross_account_role_name == null || can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.cross_account_role_name))
    error_message = "cross_account_role_name is 1 to 64 of letters, digits and +=,.@_- (no path; that is role_path)."
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

variable "account_b_permissions_boundary_arn" {
  description = "Permissions boundary for the role, or null."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of all resources that this module creates."
  type        = map(string)
  default     = {}
}

variable "function_role_arn" {
  description = "ARN of the function's role in account A with its path; null: role NAME of account_a_id. The role need not exist yet."
  type        = string
  default     = null
  validation {
    condition     = var.function_role_arn == null ? can(regex("^[0-9]{12}$", var.account_a_id)) : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", var.function_role_arn))
    error_message = "function_role_arn is the ARN of one role, without * (or account_a_id has the 12 digits of its account)."
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
    condition     = var.db_instance_identifier == null || can(regex("^[a-z][a-z0-9-]{0,62}$", var.db_instance_identifier))
    error_message = "db_instance_identifier is lower-case letters, digits and hyphens, as RDS keeps it (policies tell case apart); no * and no ARN."
  }
}

variable "db_cluster_identifier" {
  description = "Aurora or Multi-AZ cluster that the role may describe, or null."
  type        = string
  default     = null
  validation {
    condition     = var.db_cluster_identifier == null || can(regex("^[a-z][a-z0-9-]{0,62}$", var.db_cluster_identifier))
    error_message = "db_cluster_identifier is lower-case letters, digits and hyphens, as RDS keeps it (policies tell case apart); no * and no ARN."
  }
}

variable "db_proxy_name" {
  description = "RDS proxy that the role may describe, or null."
  type        = string
  default     = null
  validation {
    condition     = var.db_proxy_name == null || can(regex("^[a-z][a-z0-9-]{0,62}$", var.db_proxy_name))
    error_message = "db_proxy_name is lower-case letters, digits and hyphens, as RDS keeps it; no * and no ARN."
  }
}

variable "db_endpoint" {
  description = "Endpoint of the cluster or proxy, if it is neither the writer's nor the default one, so that the role may describe it; or null."
  type        = string
  default     = null
}

variable "db_secret_arn" {
  description = "Secret of this account with the database's user name and password (such as one that RDS manages), or null."
  type        = string
  default     = null
  validation {
    condition     = var.db_secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*]+$", var.db_secret_arn))
    error_message = "db_secret_arn is the full ARN of one secret, without *."
  }
}

variable "db_secret_kms_key_arn" {
  description = "Customer key that encrypts the secret; null for the key `aws/secretsmanager`, which needs no permission."
  type        = string
  default     = null
  validation {
    condition     = var.db_secret_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.db_secret_kms_key_arn))
    error_message = "db_secret_kms_key_arn is the ARN of a key (…:key/…), not of an alias: policies do not look behind an alias."
  }
}

variable "overview" {
  description = "true: also create a role for the overview of account A (modules/overview_role)."
  type        = bool
  default     = false
}

variable "long_runs" {
  description = "`fargate`: the role of account A's tasks on Fargate may assume the role too; `off`: only the function's."
  type        = string
  default     = "off"
  validation {
    condition     = contains(["off", "fargate"], var.long_runs)
    error_message = "long_runs is off or fargate."
  }
}

variable "allow_discover" {
  description = "Also allow listing all instances and clusters and reading CloudWatch metrics, for `action: discover`."
  type        = bool
  default     = false
}

variable "db_host" {
  description = "Host name of the database, for lattice_definition dns, and for connectivity privatelink to a proxy or a custom endpoint."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity != "privatelink" || var.db_host != null || var.db_instance_identifier != null || (var.db_cluster_identifier != null && contains(["writer", "reader"], coalesce(var.db_endpoint, "writer")))
    error_message = "connectivity privatelink leads to the instance db_instance_identifier, the cluster db_cluster_identifier (writer or reader), or db_host: the name that RDS gives a proxy or a custom endpoint."
  }
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
  description = "Security groups of the database to which the ingress rules are added; empty to leave them unchanged."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.db_security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "db_security_group_ids are ids such as sg-0123456789abcdef0."
  }
}

variable "account_a_cidrs" {
  description = "Networks of the function, which the database's security groups admit and to which the routes lead."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for c in var.account_a_cidrs : can(cidrhost(c, 0)) && try(tonumber(split("/", c)[1]) >= 8, false)])
    error_message = "account_a_cidrs are CIDRs such as 10.0.0.0/16; a network larger than /8 (0.0.0.0/0 above all) is refused."
  }
  validation {
    condition     = !contains(["privatelink", "transit_gateway"], var.connectivity) || length(var.account_a_cidrs) > 0
    error_message = "account_a_cidrs is missing: the networks of the function's subnets, which the load balancer of connectivity privatelink admits, and to which the routes of transit_gateway lead."
  }
}

variable "db_auth" {
  description = "`password`, or `iam`: the role may then log in as db_username."
  type        = string
  default     = "password"
  validation {
    condition     = contains(["password", "iam"], var.db_auth)
    error_message = "db_auth is password or iam."
  }
}

variable "db_username" {
  description = "User of the database, for db_auth iam."
  type        = string
  default     = null
  validation {
    condition     = var.db_auth == "iam" ? can(regex("^[^*/]+$", var.db_username)) : true
    error_message = "db_username is the database user that logs in with IAM, without * and /."
  }
}

variable "db_resource_id" {
  description = "Resource id of the database (`db-…`, `cluster-…`, `prx-…`), for db_auth iam."
  type        = string
  default     = null
  validation {
    condition     = var.db_auth == "iam" ? can(regex("^(db|cluster|prx)-[A-Za-z0-9]+$", var.db_resource_id)) : true
    error_message = "db_resource_id is DbiResourceId (db-ABCDEFGHIJKL0123), DbClusterResourceId (cluster-…) or a proxy's (prx-…), for db_auth iam."
  }
}

variable "function_security_group" {
  description = "The function's security group as `ACCOUNT/sg-…`, to be admitted instead of account_a_cidrs: over a peering within one region, or a transit gateway. null for none."
  type        = string
  default     = null
  validation {
    condition     = var.function_security_group == null || (can(regex("^[0-9]{12}/sg-[0-9a-f]{8,17}$", var.function_security_group)) && contains(["peering", "transit_gateway"], var.connectivity))
    error_message = "function_security_group looks like 111111111111/sg-0123456789abcdef0, and needs a peering or a transit gateway."
  }
}

variable "connectivity" {
  description = "`peering`: accept peering_connection_id and route over it; `lattice`: share the database with account A by VPC Lattice; `privatelink`: offer it to account A by a load balancer and an endpoint service; `transit_gateway`: attach its network to a transit gateway and route over that; `existing`: a connection exists already."
  type        = string
  default     = "existing"
  validation {
    condition     = contains(["peering", "lattice", "privatelink", "transit_gateway", "existing"], var.connectivity)
    error_message = "connectivity is peering, lattice, privatelink, transit_gateway or existing (which was called none before)."
  }
}

variable "peering_connection_id" {
  description = "Peering that account A has requested, for connectivity peering."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity != "peering" || var.peering_connection_id != null
    error_message = "peering_connection_id is missing: the peering that account A has requested (its output peering_connection_id)."
  }
}

variable "accept_peering" {
  description = "false: the peering is accepted already and belongs to someone else; only the routes are created."
  type        = bool
  default     = true
}

variable "account_b_route_table_ids" {
  description = "Route tables of the database's subnets, to which the route back is added."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_b_route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", id))])
    error_message = "account_b_route_table_ids are ids such as rtb-0123456789abcdef0."
  }
}

variable "account_b_cloudtrail_log_group" {
  description = "Log group of this account's CloudTrail, to alarm on unusual use of the role; null for none."
  type        = string
  default     = null
  validation {
    condition     = var.account_b_cloudtrail_log_group == null || var.account_b_alarm_topic_arn != null
    error_message = "account_b_cloudtrail_log_group needs account_b_alarm_topic_arn: an alarm cannot publish into another account's topic without its policy."
  }
}

variable "account_b_alarm_topic_arn" {
  description = "SNS topic of this account for that alarm."
  type        = string
  default     = null
}

variable "account_b_subnet_ids" {
  description = "Subnets of the database's VPC in which connectivity lattice places its resource gateway (with room for 16 addresses each) and privatelink its load balancer, in as many zones as possible; one zone at least is one of the function's. transit_gateway is attached there: one in each zone of the database."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.account_b_subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))]) && (!contains(["lattice", "privatelink", "transit_gateway"], var.connectivity) || length(var.account_b_subnet_ids) > 0)
    error_message = "account_b_subnet_ids are ids such as subnet-0123456789abcdef0, and connectivity lattice, privatelink and transit_gateway need at least one."
  }
}

variable "lattice_definition" {
  description = "What connectivity lattice shares: `arn` the instance or the cluster, with RDS's own names and their failover; `dns` the host db_host, for a proxy or a custom endpoint."
  type        = string
  default     = "arn"
  validation {
    condition     = contains(["arn", "dns"], var.lattice_definition) && (var.connectivity != "lattice" || (var.lattice_definition == "dns" ? var.db_host != null : var.db_instance_identifier != null || var.db_cluster_identifier != null))
    error_message = "lattice_definition is arn, with db_instance_identifier or db_cluster_identifier, or dns, with db_host: the name that RDS gives a proxy or a custom endpoint."
  }
}

variable "account_b_access_log_days" {
  description = "Number of days for which logs are kept: of connectivity lattice, with a line for each connection (null for none), and of the function that updates the targets of privatelink."
  type        = number
  default     = 30
  validation {
    condition     = var.account_b_access_log_days == null || contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], coalesce(var.account_b_access_log_days, 1))
    error_message = "account_b_access_log_days is one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 …"
  }
}

variable "vpc_endpoint_ids" {
  description = "Endpoints of account A (its output vpc_endpoint_id) that connectivity privatelink accepts; empty: none yet."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.vpc_endpoint_ids : can(regex("^vpce-[0-9a-f]{8,17}$", id))])
    error_message = "vpc_endpoint_ids are ids such as vpce-0123456789abcdef0."
  }
}

variable "target_updater_package_file" {
  description = "Zip of the function that keeps the database's addresses registered with the load balancer of connectivity privatelink: `package/package.sh ARCHITECTURE nlb-target-updater`."
  type        = string
  default     = null
  validation {
    condition     = var.connectivity != "privatelink" || try(fileexists(var.target_updater_package_file), false)
    error_message = "target_updater_package_file is missing, which connectivity privatelink needs: package/package.sh arm64 nlb-target-updater writes target/package/nlb-target-updater-arm64.zip."
  }
}

variable "architecture" {
  description = "Processor for which that zip is built: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}
