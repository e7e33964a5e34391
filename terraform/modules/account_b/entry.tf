# Where the function's connections enter this account's network, for the ways that do not join the networks: a resource gateway or a
# load balancer. The database admits its security group and nothing of account A's. A transit gateway is attached in the same subnets.
locals {
  enters      = local.lattice || local.privatelink
  entry_zones = distinct([for s in data.aws_subnet.entry : s.availability_zone_id])
  entry_vpcs  = distinct([for s in data.aws_subnet.entry : s.vpc_id])
  # Load balancers and attachments take one subnet in each zone.
  entry_subnets = { for zone, ids in { for s in data.aws_subnet.entry : s.availability_zone_id => s.id... } : zone => sort(ids)[0] }
  # The networks of the database's VPC.
  entry_cidrs = flatten([for v in data.aws_vpc.entry : distinct([for c in v.cidr_block_associations : c.cidr_block])])
  # A cluster has no such property of its own: its instances are public or not.
  public_instances = [for i in concat(data.aws_db_instance.this, values(data.aws_db_instance.member)) : i.db_instance_identifier if i.publicly_accessible]
}

data "aws_db_instance" "this" {
  count                  = local.enters && var.db_instance_identifier != null ? 1 : 0
  db_instance_identifier = var.db_instance_identifier
}

data "aws_rds_cluster" "this" {
  count              = local.enters && var.db_cluster_identifier != null ? 1 : 0
  cluster_identifier = var.db_cluster_identifier
}

data "aws_db_instance" "member" {
  for_each               = toset(flatten(data.aws_rds_cluster.this[*].cluster_members))
  db_instance_identifier = each.value
}

data "aws_subnet" "entry" {
  for_each = toset(local.enters || local.transit ? var.account_b_subnet_ids : [])
  id       = each.value
}

data "aws_vpc" "entry" {
  count = local.transit || local.privatelink || local.lattice && length(var.db_security_group_ids) == 0 ? 1 : 0
  id    = local.entry_vpcs[0]
}

resource "aws_security_group" "entry" {
  # checkov:skip=CKV2_AWS_5:It is attached to the resource gateway or the load balancer.
  count       = local.enters ? 1 : 0
  name_prefix = "${var.name}-entry-"
  description = "Data extractor ${var.name}: from account A to the database, and nothing else"
  vpc_id      = local.entry_vpcs[0]
  tags        = merge(var.tags, { Name = "${var.name}-entry" })

  lifecycle {
    create_before_destroy = true
    precondition {
      condition     = length(local.entry_vpcs) == 1
      error_message = "account_b_subnet_ids lie in several VPCs: ${join(" ", local.entry_vpcs)}. They lie in the database's."
    }
  }
}

# Without db_security_group_ids the database's groups are not known here: then the addresses of its VPC.
resource "aws_vpc_security_group_egress_rule" "entry" {
  for_each = local.enters ? merge(
    { for id in var.db_security_group_ids : id => { group = id, cidr = null } },
    { for c in length(var.db_security_group_ids) == 0 ? local.entry_cidrs : [] : c => { group = null, cidr = c } },
  ) : {}
  security_group_id            = aws_security_group.entry[0].id
  description                  = "PostgreSQL of the database"
  referenced_security_group_id = each.value.group
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = var.db_port
  to_port                      = var.db_port
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "entry" {
  for_each                     = toset(local.enters ? var.db_security_group_ids : [])
  security_group_id            = each.value
  description                  = "PostgreSQL from the data extractor ${var.name}"
  referenced_security_group_id = aws_security_group.entry[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.db_port
  to_port                      = var.db_port
  tags                         = var.tags
}
