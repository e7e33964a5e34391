locals {
  ingress_cidrs = { for pair in setproduct(var.db_security_group_ids, var.admit_cidrs) :
  "${pair[0]} ${pair[1]}" => { group = pair[0], cidr = pair[1] } }
  ingress_groups = { for pair in setproduct(var.db_security_group_ids, keys(var.admit_security_groups)) :
  "${pair[0]} ${pair[1]}" => { group = pair[0], source = var.admit_security_groups[pair[1]] } }
}

resource "aws_vpc_security_group_ingress_rule" "cidr" {
  for_each          = local.ingress_cidrs
  security_group_id = each.value.group
  description       = "PostgreSQL from the data extractor's network"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = var.db_port
  to_port           = var.db_port
  tags              = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "group" {
  for_each                     = local.ingress_groups
  security_group_id            = each.value.group
  description                  = "PostgreSQL from the data extractor"
  referenced_security_group_id = each.value.source
  ip_protocol                  = "tcp"
  from_port                    = var.db_port
  to_port                      = var.db_port
  tags                         = var.tags
}
