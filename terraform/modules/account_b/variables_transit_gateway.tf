variable "transit_gateway_id" {
  description = "Existing gateway, for connectivity transit_gateway; null creates one, if transit_gateway_owner is b."
  type        = string
  default     = null
  validation {
    condition     = var.transit_gateway_id == null || can(regex("^tgw-[0-9a-f]{8,17}$", var.transit_gateway_id)) && var.connectivity == "transit_gateway"
    error_message = "transit_gateway_id looks like tgw-0123456789abcdef0, and goes with connectivity transit_gateway."
  }
  validation {
    condition     = var.connectivity != "transit_gateway" || var.transit_gateway_id != null || var.transit_gateway_owner == "b" || var.with_account_a
    error_message = "transit_gateway_id is missing: with transit_gateway_owner a, A's side is deployed first and names its gateway (output transit_gateway_id); with other, the gateway's owner names it."
  }
}

variable "transit_gateway_owner" {
  description = "Whose the gateway is, which shares it, accepts attachments and has its route tables: `a`, `b` (this account), or `other` for an account that is neither."
  type        = string
  default     = "a"
  validation {
    condition     = contains(["a", "b", "other"], var.transit_gateway_owner)
    error_message = "transit_gateway_owner is a, b or other."
  }
}

variable "share_transit_gateway" {
  description = "false: the gateway of this account (transit_gateway_owner b) is shared with account A already."
  type        = bool
  default     = true
}

variable "resource_share_arn" {
  description = "Share of the gateway of account A (its output resource_share_arn), which is accepted here."
  type        = string
  default     = null
  validation {
    condition = (var.connectivity == "transit_gateway" && var.transit_gateway_owner == "a" && var.accept_resource_share && !var.with_account_a ?
    can(regex("^arn:aws[a-z-]*:ram:[a-z0-9-]+:[0-9]{12}:resource-share/[0-9a-f-]+$", var.resource_share_arn)) : true)
    error_message = "resource_share_arn is the share that account A's team has made, such as arn:aws:ram:eu-west-1:111111111111:resource-share/01234567-89ab-cdef-0123-456789abcdef (accept_resource_share false needs none)."
  }
}

variable "accept_resource_share" {
  description = "false: there is no invitation to accept, since the accounts belong to one organisation in which sharing by Resource Access Manager is on, or someone has accepted it."
  type        = bool
  default     = true
}

variable "transit_gateway_attachment_ids" {
  description = "Attachments of account A (its output transit_gateway_attachment_id) that are accepted, for transit_gateway_owner b; empty: none yet."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.transit_gateway_attachment_ids : can(regex("^tgw-attach-[0-9a-f]{8,17}$", id))]) && (length(var.transit_gateway_attachment_ids) == 0 || var.transit_gateway_owner == "b")
    error_message = "transit_gateway_attachment_ids are ids such as tgw-attach-0123456789abcdef0, which the gateway's owner accepts: with transit_gateway_owner a that is account A's side."
  }
}

variable "transit_gateway_route_table_id" {
  description = "Route table of the existing gateway of this account with which both attachments are associated and into which they propagate; null: the gateway's default ones."
  type        = string
  default     = null
  validation {
    condition     = var.transit_gateway_route_table_id == null || can(regex("^tgw-rtb-[0-9a-f]{8,17}$", var.transit_gateway_route_table_id)) && var.transit_gateway_id != null
    error_message = "transit_gateway_route_table_id looks like tgw-rtb-0123456789abcdef0, and is one of the existing gateway transit_gateway_id."
  }
}

variable "with_account_a" {
  description = "true: account A's side is managed together with this one, and tells transit_gateway_of_a and accepted_transit_gateway_id."
  type        = bool
  default     = false
}

variable "transit_gateway_of_a" {
  description = "With account A's side, what that tells: `gateway_id` (null: it has none), `share_arn` and `attachment_ids`."
  type        = object({ gateway_id = string, share_arn = string, attachment_ids = list(string) })
  default     = null
}

variable "accepted_transit_gateway_id" {
  description = "The gateway of account A, known once this account's attachment is accepted there, with account A's side; or null."
  type        = string
  default     = null
}
