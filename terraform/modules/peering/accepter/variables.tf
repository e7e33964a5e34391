variable "name" {
  description = "Name tag of the connection on this side."
  type        = string
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "connection_id" {
  description = "Connection that the function's account has requested."
  type        = string
}

variable "peer_cidr" {
  description = "CIDR of the function's VPC: destination of the routes back."
  type        = string
  validation {
    condition     = can(cidrhost(var.peer_cidr, 0))
    error_message = "peer_cidr is an IPv4 CIDR such as 10.0.0.0/16."
  }
}

variable "route_table_ids" {
  description = "Route tables of the database's subnets that get the route back."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", id))])
    error_message = "route_table_ids are ids such as rtb-0123456789abcdef0."
  }
}

variable "dns" {
  description = "Let the database's name resolve to its private address from the function's VPC."
  type        = bool
  default     = true
}
