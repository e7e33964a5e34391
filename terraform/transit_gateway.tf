# Connectivity transit_gateway: account A's side of it. Either account may have the gateway, or a third one.
locals {
  transit               = var.connectivity == "transit_gateway"
  owns_gateway          = var.transit_gateway_owner == "a"
  accepts_gateway_share = var.transit_gateway_owner == "b" && var.accept_resource_share && (var.side == "a" || var.share_transit_gateway)
  gateway_of_b          = local.transit && var.side == "both" && var.transit_gateway_owner == "b"
  transit_gateway_of_a = local.transit ? {
    gateway_id     = module.transit_gateway[0].created_gateway_id
    share_arn      = module.transit_gateway[0].share_arn
    attachment_ids = [module.transit_gateway[0].attachment_id]
  } : null
}

module "transit_gateway" {
  source              = "./modules/transit_gateway"
  count               = local.transit ? 1 : 0
  providers           = { aws = aws.a }
  name                = var.name
  tags                = local.tags
  account_id          = local.account_id
  owned               = local.owns_gateway
  create              = local.owns_gateway && var.transit_gateway_id == null
  visible_gateway_id  = local.accepts_gateway_share ? null : var.transit_gateway_id
  gateway_id          = var.transit_gateway_id != null ? var.transit_gateway_id : local.gateway_of_b ? module.account_b[0].created_transit_gateway_id : null
  share_with          = local.owns_gateway && var.share_transit_gateway ? var.account_b_id : null
  accept_share        = local.accepts_gateway_share
  share_arn           = local.gateway_of_b ? module.account_b[0].resource_share_arn : var.resource_share_arn
  vpc_ids             = local.vpc_ids
  vpc_cidrs           = local.vpc_cidrs_a
  subnets             = { for zone, ids in { for s in data.aws_subnet.function : s.availability_zone_id => s.id... } : zone => sort(ids)[0] }
  networks            = local.cidrs_b
  route_table_ids     = var.account_a_route_table_ids
  attachment_ids      = !local.owns_gateway ? [] : var.side == "both" ? [module.account_b[0].transit_gateway_attachment_id] : var.transit_gateway_attachment_ids
  route_table_id      = local.owns_gateway ? var.transit_gateway_route_table_id : null
  security_groups     = var.db_admit == "security_group"
  waits               = !local.owns_gateway && !local.gateway_of_b
  accepted_gateway_id = local.gateway_of_b ? module.account_b[0].accepted_transit_gateway_id : null
}
