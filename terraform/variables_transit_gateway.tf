variable "transit_gateway_id" {
  description = "Existing gateway, for connectivity transit_gateway; null creates one in the account of transit_gateway_owner."
  type        = string
  default     = null
  validation {
    condition     = var.transit_gateway_id == null || can(regex("^tgw-[0-9a-f]{8,17}$", var.transit_gateway_id)) && var.connectivity == "transit_gateway"
    error_message = "transit_gateway_id looks like tgw-0123456789abcdef0, and goes with connectivity transit_gateway."
  }
  validation {
    condition     = var.connectivity != "transit_gateway" || var.transit_gateway_id != null || var.transit_gateway_owner == "a" || var.transit_gateway_owner == "b" && var.side == "both"
    error_message = "transit_gateway_id is missing: with transit_gateway_owner b and side a, B's side is deployed first and names its gateway (output transit_gateway_id); with other, the gateway's owner names it."
  }
}

variable "transit_gateway_owner" {
  description = "Whose the gateway is, which shares it, accepts attachments and has its route tables: `a`, `b`, or `other` for an account that is neither, whose owner does all that."
  type        = string
  default     = "a"
  validation {
    condition     = contains(["a", "b", "other"], var.transit_gateway_owner)
    error_message = "transit_gateway_owner is a, b or other."
  }
}

variable "share_transit_gateway" {
  description = "false: the gateway is shared with the other account already."
  type        = bool
  default     = true
}

variable "transit_gateway_attachment_ids" {
  description = "Attachments of account B (its output transit_gateway_attachment_id) that are accepted, for transit_gateway_owner a with side a; empty: none yet."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.transit_gateway_attachment_ids : can(regex("^tgw-attach-[0-9a-f]{8,17}$", id))]) && (length(var.transit_gateway_attachment_ids) == 0 || var.transit_gateway_owner == "a")
    error_message = "transit_gateway_attachment_ids are ids such as tgw-attach-0123456789abcdef0, which the gateway's owner accepts: with transit_gateway_owner b that is account B's side."
  }
}

variable "transit_gateway_route_table_id" {
  description = "Route table of the existing gateway with which both attachments are associated and into which they propagate, for transit_gateway_owner a or b; null: the gateway's default ones."
  type        = string
  default     = null
  validation {
    condition     = var.transit_gateway_route_table_id == null || can(regex("^tgw-rtb-[0-9a-f]{8,17}$", var.transit_gateway_route_table_id)) && var.transit_gateway_id != null
    error_message = "transit_gateway_route_table_id looks like tgw-rtb-0123456789abcdef0, and is one of the existing gateway transit_gateway_id."
  }
}
