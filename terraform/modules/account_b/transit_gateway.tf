# Connectivity transit_gateway: this account's side of it.
locals {
  transit       = var.connectivity == "transit_gateway"
  owns_gateway  = var.transit_gateway_owner == "b"
  accepts_share = var.transit_gateway_owner == "a" && var.accept_resource_share
}

module "transit_gateway" {
  source              = "../transit_gateway"
  count               = local.transit ? 1 : 0
  name                = var.name
  tags                = var.tags
  account_id          = local.account_id
  owned               = local.owns_gateway
  create              = local.owns_gateway && var.transit_gateway_id == null
  visible_gateway_id  = local.accepts_share ? null : var.transit_gateway_id
  gateway_id          = var.transit_gateway_id != null ? var.transit_gateway_id : var.with_account_a ? var.transit_gateway_of_a.gateway_id : null
  share_with          = local.owns_gateway && var.share_transit_gateway ? local.a_account_id : null
  accept_share        = local.accepts_share
  share_arn           = var.with_account_a ? var.transit_gateway_of_a.share_arn : var.resource_share_arn
  vpc_ids             = local.entry_vpcs
  vpc_cidrs           = local.entry_cidrs
  subnets             = local.entry_subnets
  networks            = var.account_a_cidrs
  route_table_ids     = var.account_b_route_table_ids
  attachment_ids      = !local.owns_gateway ? [] : var.with_account_a ? var.transit_gateway_of_a.attachment_ids : var.transit_gateway_attachment_ids
  route_table_id      = local.owns_gateway ? var.transit_gateway_route_table_id : null
  security_groups     = var.function_security_group != null
  waits               = !local.owns_gateway && !(var.with_account_a && var.transit_gateway_owner == "a")
  accepted_gateway_id = var.with_account_a && var.transit_gateway_owner == "a" ? var.accepted_transit_gateway_id : null
}
