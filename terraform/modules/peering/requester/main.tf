resource "aws_vpc_peering_connection" "this" {
  vpc_id        = var.vpc_id
  peer_owner_id = var.peer_account_id
  peer_vpc_id   = var.peer_vpc_id
  peer_region   = var.peer_region
  auto_accept   = false
  tags          = merge(var.tags, { Name = var.name })
}

# A route may wait for the acceptance: until then it is a black hole.
resource "aws_route" "to_peer" {
  for_each                  = toset(var.route_table_ids)
  route_table_id            = each.value
  destination_cidr_block    = var.peer_cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.this.id
}

resource "aws_vpc_peering_connection_options" "this" {
  count                     = var.accepted ? 1 : 0
  vpc_peering_connection_id = coalesce(var.accepted_connection_id, aws_vpc_peering_connection.this.id)
  requester {
    allow_remote_vpc_dns_resolution = var.dns
  }
}
