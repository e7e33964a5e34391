variable "name" {
  description = "Name of the function, and prefix of the names of everything that this module creates."
  type        = string
}

variable "tags" {
  description = "Tags of all resources that this module creates."
  type        = map(string)
  default     = {}
}

variable "account_id" {
  description = "The provider's account."
  type        = string
}

variable "owned" {
  description = "Whether the gateway belongs to this account, which then accepts attachments and has its route tables."
  type        = bool
}

variable "create" {
  description = "Whether the gateway is created here."
  type        = bool
}

variable "visible_gateway_id" {
  description = "An existing gateway that this account can read before anything is applied, since it is its own, or shared and accepted; or null."
  type        = string
  default     = null
}

variable "gateway_id" {
  description = "The gateway, if it is not created here."
  type        = string
  default     = null
}

variable "share_with" {
  description = "Account with which the gateway is shared, or null."
  type        = string
  default     = null
}

variable "accept_share" {
  description = "Whether share_arn is accepted."
  type        = bool
  default     = false
}

variable "share_arn" {
  description = "Share of the gateway by the other account, or null."
  type        = string
  default     = null
}

variable "vpc_ids" {
  description = "VPC that is attached; several are refused."
  type        = list(string)
}

variable "vpc_cidrs" {
  description = "Its networks."
  type        = list(string)
}

variable "subnets" {
  description = "A subnet of it by the id of its zone. Only what lies in these zones reaches the gateway."
  type        = map(string)
}

variable "networks" {
  description = "Networks on the other side, to which the routes lead."
  type        = list(string)
}

variable "route_table_ids" {
  description = "Route tables of this side to which they are added."
  type        = list(string)
}

variable "attachment_ids" {
  description = "Attachments of the other account that are accepted."
  type        = list(string)
  default     = []
}

variable "route_table_id" {
  description = "Route table of the gateway with which both attachments are associated and into which they propagate; null: the gateway's default ones."
  type        = string
  default     = null
}

variable "security_groups" {
  description = "Whether security groups of the other side may be referred to."
  type        = bool
  default     = false
}

variable "waits" {
  description = "Whether the attachment is accepted by someone else at a time of their own: the routes are then made by the first apply after that."
  type        = bool
  default     = false
}

variable "accepted_gateway_id" {
  description = "The gateway as the other account's acceptance tells it, if that is part of the same apply, or null."
  type        = string
  default     = null
}
