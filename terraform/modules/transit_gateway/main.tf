# One account's side of a transit gateway: the gateway and its share where this account has it, the attachment of this account's
# network, the acceptance of the other account's, and the routes. Nothing is accepted by the gateway itself.
locals {
  gateway_id  = var.create ? one(aws_ec2_transit_gateway.this[*].id) : var.gateway_id
  gateway_arn = var.create ? one(aws_ec2_transit_gateway.this[*].arn) : one(data.aws_ec2_transit_gateway.this[*].arn)
  support     = var.security_groups ? "enable" : "disable"
  # Null: as the gateway does by itself.
  by_default = var.route_table_id == null ? null : false
  # Two networks overlap if the one with the longer prefix, truncated to the shorter prefix, is the same network.
  overlaps = [for pair in setproduct(var.vpc_cidrs, var.networks) : join(" and ", pair) if try(
    cidrhost("${split("/", pair[0])[0]}/${min(split("/", pair[0])[1], split("/", pair[1])[1])}", 0) ==
  cidrhost("${split("/", pair[1])[0]}/${min(split("/", pair[0])[1], split("/", pair[1])[1])}", 0), false)]
  # AWS refuses a route to a gateway to which the VPC is not attached yet.
  auto_accepts = contains(data.aws_ec2_transit_gateway.this[*].auto_accept_shared_attachments, "enable")
  ready        = !var.waits || local.auto_accepts || length(flatten(data.aws_ec2_transit_gateway_vpc_attachments.ready[*].ids)) > 0
}

data "aws_ec2_transit_gateway" "this" {
  count = var.visible_gateway_id == null ? 0 : 1
  id    = var.visible_gateway_id
}

# Known while planning, so that the first deploy makes the attachment and the one after its acceptance the routes.
data "aws_ec2_transit_gateway_vpc_attachments" "ready" {
  count = var.waits ? 1 : 0

  filter {
    name   = "transit-gateway-id"
    values = [var.gateway_id]
  }
  filter {
    name   = "vpc-id"
    values = [var.vpc_ids[0]]
  }
  filter {
    name   = "state"
    values = ["available", "modifying"]
  }
}

resource "aws_ec2_transit_gateway" "this" {
  count                              = var.create ? 1 : 0
  description                        = "Data extractor ${var.name}: from the function to the database"
  auto_accept_shared_attachments     = "disable"
  default_route_table_association    = "enable"
  default_route_table_propagation    = "enable"
  dns_support                        = "enable"
  security_group_referencing_support = local.support
  tags                               = merge(var.tags, { Name = var.name })
}

resource "aws_ram_resource_share" "this" {
  count                     = var.share_with == null ? 0 : 1
  name                      = "${var.name}-transit-gateway"
  allow_external_principals = true
  tags                      = var.tags
}

resource "aws_ram_resource_association" "this" {
  count              = length(aws_ram_resource_share.this)
  resource_arn       = local.gateway_arn
  resource_share_arn = aws_ram_resource_share.this[0].arn
}

resource "aws_ram_principal_association" "this" {
  count              = length(aws_ram_resource_share.this)
  principal          = var.share_with
  resource_share_arn = aws_ram_resource_share.this[0].arn
}

resource "aws_ram_resource_share_accepter" "this" {
  count     = var.accept_share ? 1 : 0
  share_arn = var.share_arn
}

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  transit_gateway_id                              = local.gateway_id
  vpc_id                                          = var.vpc_ids[0]
  subnet_ids                                      = values(var.subnets)
  dns_support                                     = "enable"
  security_group_referencing_support              = local.support
  transit_gateway_default_route_table_association = local.by_default
  transit_gateway_default_route_table_propagation = local.by_default
  tags                                            = merge(var.tags, { Name = var.name })

  # A shared gateway is there for this account once the share is accepted.
  depends_on = [aws_ram_resource_share_accepter.this]

  lifecycle {
    precondition {
      condition     = length(var.vpc_ids) == 1
      error_message = "The subnets of an attachment lie in several VPCs: ${join(" ", var.vpc_ids)}. They lie in one."
    }
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "The networks share addresses (${join(", ", local.overlaps)}): a transit gateway cannot join them. Use other subnets, or connectivity lattice."
    }
    precondition {
      condition     = alltrue([for id in data.aws_ec2_transit_gateway.this[*].owner_id : (id == var.account_id) == var.owned])
      error_message = "transit_gateway_owner is not whose the transit gateway ${coalesce(var.visible_gateway_id, "none")} is: it belongs to account ${join("", data.aws_ec2_transit_gateway.this[*].owner_id)}. a and b are the two accounts, other is any other one."
    }
    precondition {
      condition = !var.owned || var.route_table_id != null || alltrue([for g in data.aws_ec2_transit_gateway.this :
      g.default_route_table_association == "enable" && g.default_route_table_propagation == "enable"])
      error_message = "The transit gateway ${coalesce(var.visible_gateway_id, "none")} does not associate new attachments with a route table by itself, or does not propagate their networks: name one of its route tables in transit_gateway_route_table_id."
    }
    precondition {
      condition     = !var.security_groups || alltrue([for g in data.aws_ec2_transit_gateway.this : g.security_group_referencing_support == "enable"])
      error_message = "db_admit security_group: security group referencing is off at the transit gateway ${coalesce(var.visible_gateway_id, "none")}. Its owner turns it on (aws ec2 modify-transit-gateway --transit-gateway-id ${coalesce(var.visible_gateway_id, "none")} --options SecurityGroupReferencingSupport=enable), or use db_admit cidr."
    }
    precondition {
      condition     = !var.security_groups || !contains(keys(var.subnets), "use1-az3")
      error_message = "db_admit security_group: a transit gateway does not refer to security groups in the zone use1-az3. Use subnets in other zones, or db_admit cidr."
    }
  }
}

# Accepting is done by the gateway's owner; the attachment belongs to the other account.
resource "aws_ec2_transit_gateway_vpc_attachment_accepter" "this" {
  count                                           = length(var.attachment_ids)
  transit_gateway_attachment_id                   = var.attachment_ids[count.index]
  transit_gateway_default_route_table_association = local.by_default
  transit_gateway_default_route_table_propagation = local.by_default
  tags                                            = merge(var.tags, { Name = "${var.name}-accepted" })
}

resource "aws_ec2_transit_gateway_route_table_association" "this" {
  count                          = var.route_table_id == null ? 0 : 1 + length(var.attachment_ids)
  transit_gateway_attachment_id  = concat([aws_ec2_transit_gateway_vpc_attachment.this.id], aws_ec2_transit_gateway_vpc_attachment_accepter.this[*].id)[count.index]
  transit_gateway_route_table_id = var.route_table_id
}

resource "aws_ec2_transit_gateway_route_table_propagation" "this" {
  count                          = var.route_table_id == null ? 0 : 1 + length(var.attachment_ids)
  transit_gateway_attachment_id  = concat([aws_ec2_transit_gateway_vpc_attachment.this.id], aws_ec2_transit_gateway_vpc_attachment_accepter.this[*].id)[count.index]
  transit_gateway_route_table_id = var.route_table_id
}

resource "aws_route" "this" {
  for_each = { for pair in setproduct(local.ready ? var.route_table_ids : [], var.networks) :
  "${pair[0]} ${pair[1]}" => { table = pair[0], cidr = pair[1] } }
  route_table_id         = each.value.table
  destination_cidr_block = each.value.cidr
  # That of the acceptance, where that is part of the same apply, so that the route is made after it and removed before it.
  transit_gateway_id = coalesce(var.accepted_gateway_id, aws_ec2_transit_gateway_vpc_attachment.this.transit_gateway_id)
}
