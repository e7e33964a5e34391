# Connectivity lattice: a resource gateway in the database's VPC, and a resource configuration of the database alone that is shared
# with account A.
locals {
  lattice       = var.connectivity == "lattice"
  lattice_name  = trimsuffix(substr("${var.name}-db", 0, 40), "-")
  zones_without = jsondecode(file("${path.module}/zones_without_lattice.json"))
  database_arn  = var.db_cluster_identifier != null ? "${local.rds_arn}:cluster:${var.db_cluster_identifier}" : "${local.rds_arn}:db:${coalesce(var.db_instance_identifier, "none")}"
  # Of these the gateway takes 16 addresses each, in one block.
  small_subnets = [for s in data.aws_subnet.entry : "${s.id} (${s.cidr_block})" if tonumber(split("/", s.cidr_block)[1]) > 27]
}

resource "aws_vpclattice_resource_gateway" "this" {
  count              = local.lattice ? 1 : 0
  name               = local.lattice_name
  vpc_id             = local.entry_vpcs[0]
  subnet_ids         = var.account_b_subnet_ids
  security_group_ids = [aws_security_group.entry[0].id]
  ip_address_type    = "IPV4"
  tags               = var.tags

  # A gateway is there before its rules let it reach the database, and is gone before they are.
  depends_on = [aws_vpc_security_group_egress_rule.entry]

  lifecycle {
    precondition {
      condition     = local.partition == "aws"
      error_message = "VPC Lattice shares no databases in the partition ${local.partition}: use connectivity peering."
    }
    precondition {
      condition     = alltrue([for s in data.aws_subnet.entry : s.owner_id == local.account_id])
      error_message = "account_b_subnet_ids: a resource gateway cannot stand in a shared subnet: ${join(" ", [for s in data.aws_subnet.entry : s.id if s.owner_id != local.account_id])}. Use subnets that belong to this account."
    }
    precondition {
      condition     = alltrue([for s in data.aws_subnet.entry : !contains(local.zones_without, s.availability_zone_id)])
      error_message = "account_b_subnet_ids: these zones have no VPC Lattice: ${join(" ", setintersection(local.entry_zones, local.zones_without))}. Use subnets in others."
    }
    precondition {
      condition     = length(local.small_subnets) == 0
      error_message = "account_b_subnet_ids: a resource gateway takes 16 addresses of each subnet, and these have no such room: ${join(" ", local.small_subnets)}. Use larger ones."
    }
    precondition {
      condition     = length(local.public_instances) == 0
      error_message = "VPC Lattice does not share databases that are publicly accessible: ${join(" ", local.public_instances)}. Make it private (aws rds modify-db-instance --no-publicly-accessible), or use connectivity peering."
    }
  }
}

# By the ARN of an instance or cluster AWS itself follows failovers, and RDS's own names lead to the endpoint in account A. By a name
# (a proxy, a custom endpoint) account A connects to the endpoint's name.
resource "aws_vpclattice_resource_configuration" "this" {
  count                       = local.lattice ? 1 : 0
  name                        = local.lattice_name
  type                        = var.lattice_definition == "arn" ? "ARN" : "SINGLE"
  resource_gateway_identifier = aws_vpclattice_resource_gateway.this[0].id
  port_ranges                 = var.lattice_definition == "arn" ? null : [tostring(var.db_port)]
  protocol                    = var.lattice_definition == "arn" ? null : "TCP"
  tags                        = var.tags

  resource_configuration_definition {
    dynamic "arn_resource" {
      for_each = var.lattice_definition == "arn" ? [local.database_arn] : []
      content {
        arn = arn_resource.value
      }
    }
    dynamic "dns_resource" {
      for_each = var.lattice_definition == "arn" ? [] : [var.db_host]
      content {
        domain_name     = dns_resource.value
        ip_address_type = "IPV4"
      }
    }
  }
}

resource "aws_ram_resource_share" "this" {
  count                     = local.lattice ? 1 : 0
  name                      = "${var.name}-database"
  allow_external_principals = true
  tags                      = var.tags
}

resource "aws_ram_resource_association" "this" {
  count              = local.lattice ? 1 : 0
  resource_arn       = aws_vpclattice_resource_configuration.this[0].arn
  resource_share_arn = aws_ram_resource_share.this[0].arn
}

resource "aws_ram_principal_association" "this" {
  count              = local.lattice ? 1 : 0
  principal          = local.a_account_id
  resource_share_arn = aws_ram_resource_share.this[0].arn
}

resource "aws_cloudwatch_log_group" "connections" {
  # checkov:skip=CKV_AWS_158:The lines have addresses, times and byte counts, no data; a key would be one of this account's own.
  # checkov:skip=CKV_AWS_338:How long they are kept is a setting.
  count = local.lattice && var.account_b_access_log_days != null ? 1 : 0
  # CloudWatch's policy for vended logs admits this prefix, however many groups there are.
  name              = "/aws/vendedlogs/vpc-lattice/${var.name}"
  retention_in_days = var.account_b_access_log_days
  tags              = var.tags
}

resource "aws_vpclattice_access_log_subscription" "this" {
  count               = local.lattice && var.account_b_access_log_days != null ? 1 : 0
  resource_identifier = aws_vpclattice_resource_configuration.this[0].arn
  destination_arn     = aws_cloudwatch_log_group.connections[0].arn
  tags                = var.tags
}
