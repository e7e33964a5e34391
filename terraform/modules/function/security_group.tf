locals {
  make_group         = var.vpc != null && length(var.security_group_ids) == 0
  security_group_ids = var.vpc == null ? [] : local.make_group ? [aws_security_group.this[0].id] : var.security_group_ids
}

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5:It is attached to the function by security_group_ids.
  count       = local.make_group ? 1 : 0
  name        = var.name
  description = "Data extractor: out to the database and to AWS, nothing in"
  vpc_id      = var.vpc.id
  tags        = merge(var.tags, { Name = var.name })
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each          = local.make_group ? toset(var.db_cidrs) : []
  security_group_id = aws_security_group.this[0].id
  description       = "PostgreSQL"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = var.db_port
  to_port           = var.db_port
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each          = local.make_group ? toset(var.https_cidrs) : []
  security_group_id = aws_security_group.this[0].id
  description       = "AWS APIs"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "https_prefix_list" {
  for_each          = local.make_group ? var.https_prefix_lists : {}
  security_group_id = aws_security_group.this[0].id
  description       = "AWS through the gateway endpoint ${each.key}"
  prefix_list_id    = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}
