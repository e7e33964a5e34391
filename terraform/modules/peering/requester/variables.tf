variable "name" {
  description = "Name tag of the connection."
  type        = string
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "vpc_id" {
  description = "VPC of the function, in this account."
  type        = string
  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id looks like vpc-0123456789abcdef0."
  }
}

variable "peer_account_id" {
  description = "Account of the database."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{12}$", var.peer_account_id))
    error_message = "peer_account_id has 12 digits."
  }
}

variable "peer_vpc_id" {
  description = "VPC of the database, in the peer account."
  type        = string
  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.peer_vpc_id))
    error_message = "peer_vpc_id looks like vpc-0123456789abcdef0."
  }
}

variable "peer_region" {
  description = "Region of the peer VPC; null for this region."
  type        = string
  default     = null
}

variable "peer_cidr" {
  description = "CIDR of the peer VPC: destination of the routes."
  type        = string
  validation {
    condition     = can(cidrhost(var.peer_cidr, 0))
    error_message = "peer_cidr is an IPv4 CIDR such as 10.1.0.0/16."
  }
}

variable "route_table_ids" {
  description = "Route tables of the function's subnets that get the route."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", id))])
    error_message = "route_table_ids are ids such as rtb-0123456789abcdef0."
  }
}

variable "accepted" {
  description = "Whether the peer has accepted: only then can this side's DNS option be set."
  type        = bool
  default     = false
}

variable "accepted_connection_id" {
  description = "The connection's id once it is accepted; null takes the id of the connection made here."
  type        = string
  default     = null
}

variable "dns" {
  description = "Let names of this VPC's hosts resolve to private addresses from the peer VPC."
  type        = bool
  default     = true
}
