variable "name" {
  description = "Name tag of the connection on both sides."
  type        = string
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "a" {
  description = "The function's side: VPC, its CIDR, and the route tables of the function's subnets."
  type        = object({ vpc_id = string, cidr = string, route_table_ids = list(string) })
}

variable "b" {
  description = "The database's side: account, region (null: the function's), VPC, its CIDR, and the route tables of the database's subnets."
  type = object({
    account_id      = string
    region          = optional(string)
    vpc_id          = string
    cidr            = string
    route_table_ids = list(string)
  })
  validation {
    # Two networks overlap when the longer prefix, cut to the shorter one, is the same network.
    condition = can([cidrhost(var.a.cidr, 0), cidrhost(var.b.cidr, 0)]) && try(
      cidrhost("${split("/", var.a.cidr)[0]}/${min(split("/", var.a.cidr)[1], split("/", var.b.cidr)[1])}", 0) !=
    cidrhost("${split("/", var.b.cidr)[0]}/${min(split("/", var.a.cidr)[1], split("/", var.b.cidr)[1])}", 0), false)
    error_message = "The CIDRs of the two VPCs must be valid and must not overlap: VPC peering cannot join networks that share addresses."
  }
}

variable "db_host" {
  description = "Host name of the database; null to let the function ask RDS for it."
  type        = string
  default     = null
}

variable "db_port" {
  description = "Port of the database."
  type        = number
  default     = 5432
}

variable "function_security_group" {
  description = "`ACCOUNT/sg-…` of the function, to be admitted instead of the CIDR; only within one region. null admits the CIDR."
  type        = string
  default     = null
  validation {
    condition     = var.function_security_group == null || var.b.region == null
    error_message = "A security group of a peered VPC can be named only within one region; leave function_security_group out."
  }
}

variable "admit" {
  description = "What the database's security group admits: `cidr` (A's VPC) or `security_group` (the function's, same region)."
  type        = string
  default     = "cidr"
  validation {
    condition     = contains(["cidr", "security_group"], var.admit)
    error_message = "admit is cidr or security_group."
  }
}
