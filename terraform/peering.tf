# A second request between two VPCs returns the first one's connection, and destroying it would destroy what others use.
data "aws_vpc_peering_connections" "between" {
  for_each = local.peered && var.peering_connection_id == null && var.account_b_vpc_id != null ? { all = [], ours = [var.name] } : {}
  provider = aws.a

  filter {
    name   = "requester-vpc-info.vpc-id"
    values = [local.vpc_id, var.account_b_vpc_id]
  }
  filter {
    name   = "accepter-vpc-info.vpc-id"
    values = [local.vpc_id, var.account_b_vpc_id]
  }
  filter {
    name   = "status-code"
    values = ["pending-acceptance", "provisioning", "active"]
  }
  dynamic "filter" {
    for_each = each.value
    content {
      name   = "tag:Name"
      values = [filter.value]
    }
  }
}

locals {
  foreign_peerings      = setsubtract(try(data.aws_vpc_peering_connections.between["all"].ids, []), try(data.aws_vpc_peering_connections.between["ours"].ids, []))
  peering_connection_id = var.peering_connection_id != null ? var.peering_connection_id : one(aws_vpc_peering_connection.this[*].id)
}

resource "aws_vpc_peering_connection" "this" {
  count         = local.peered && var.peering_connection_id == null ? 1 : 0
  provider      = aws.a
  vpc_id        = local.vpc_id
  peer_owner_id = var.account_b_id
  peer_vpc_id   = var.account_b_vpc_id
  peer_region   = local.region_b == local.region ? null : local.region_b
  auto_accept   = false
  tags          = merge(local.tags, { Name = var.name })

  lifecycle {
    precondition {
      condition     = length(local.foreign_peerings) == 0
      error_message = "The two VPCs are peered already by ${join(" ", local.foreign_peerings)}, which is not ours: name it in peering_connection_id to have the routes made, or set connectivity to existing where the routes are there too."
    }
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "The VPCs share addresses (${join(", ", local.overlaps)}): a peering cannot join them. Use other subnets, or connectivity lattice."
    }
  }
}

# A route may exist before the acceptance: until then it is a black hole.
resource "aws_route" "to_b" {
  for_each = { for pair in setproduct(local.peered ? var.account_a_route_table_ids : [], local.cidrs_b) :
  "${pair[0]} ${pair[1]}" => { table = pair[0], cidr = pair[1] } }
  provider                  = aws.a
  route_table_id            = each.value.table
  destination_cidr_block    = each.value.cidr
  vpc_peering_connection_id = local.peering_connection_id
}
