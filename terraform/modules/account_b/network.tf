# The accepted peering, the routes back, and the ingress rules of the database.
locals {
  accepts = var.connectivity == "peering" && var.accept_peering ? ["this"] : []
  # Known once the peering is accepted; before that no rule can name a group of the other side.
  connection_id = length(local.accepts) > 0 ? one(values(aws_vpc_peering_connection_accepter.this)[*].id) : var.peering_connection_id
  joined        = local.transit ? module.transit_gateway[0].ready : true
}

resource "aws_vpc_peering_connection_accepter" "this" {
  for_each                  = toset(local.accepts)
  vpc_peering_connection_id = var.peering_connection_id
  auto_accept               = true
  tags                      = merge(var.tags, { Name = var.name })
}

# Only the DNS option of the database's side matters: its names then resolve to private addresses from the function's side.
resource "aws_vpc_peering_connection_options" "this" {
  for_each                  = toset(local.accepts)
  vpc_peering_connection_id = local.connection_id
  accepter {
    allow_remote_vpc_dns_resolution = true
  }
}

resource "aws_route" "to_a" {
  for_each = { for pair in setproduct(var.connectivity == "peering" ? var.account_b_route_table_ids : [], var.account_a_cidrs) :
  "${pair[0]} ${pair[1]}" => { table = pair[0], cidr = pair[1] } }
  route_table_id            = each.value.table
  destination_cidr_block    = each.value.cidr
  vpc_peering_connection_id = local.connection_id
}

resource "aws_vpc_security_group_ingress_rule" "cidr" {
  for_each = { for pair in setproduct(var.db_security_group_ids, var.function_security_group == null && !local.enters ? var.account_a_cidrs : []) :
  "${pair[0]} ${pair[1]}" => { group = pair[0], cidr = pair[1] } }
  security_group_id = each.value.group
  description       = "PostgreSQL from the data extractor ${var.name}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = var.db_port
  to_port           = var.db_port
  tags              = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "group" {
  for_each                     = toset(var.function_security_group == null || !local.joined ? [] : var.db_security_group_ids)
  security_group_id            = each.value
  description                  = "PostgreSQL from the data extractor ${var.name}"
  referenced_security_group_id = var.function_security_group
  ip_protocol                  = "tcp"
  from_port                    = var.db_port
  to_port                      = var.db_port
  tags                         = var.tags

  depends_on = [aws_vpc_peering_connection_accepter.this, module.transit_gateway]
}

module "assume_role_alarm" {
  source               = "../assume_role_alarm"
  count                = var.account_b_cloudtrail_log_group == null ? 0 : 1
  name                 = "${var.name}-assume-role"
  tags                 = var.tags
  cloudtrail_log_group = var.account_b_cloudtrail_log_group
  role_arn             = aws_iam_role.this.arn
  function_role_arn    = local.function_role_arn
  alarm_topic_arns     = [var.account_b_alarm_topic_arn]
}
