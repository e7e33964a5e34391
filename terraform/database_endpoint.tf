# The endpoint at which the function reaches a database whose network is not joined with its own, and its security group.
locals {
  # Account B's side, managed here or told by its team. Single outputs, not module.account_b[*]: that would wait for all of account B's
  # side, some of which waits for the function's security group.
  resource_configuration_arn = var.side == "both" ? module.account_b[0].resource_configuration_arn : var.resource_configuration_arn
  resource_share_arn         = var.side == "both" ? module.account_b[0].resource_share_arn : var.resource_share_arn
  entry                      = var.side == "both" ? module.account_b[0].entry : null

  zones_without_lattice = jsondecode(file("${path.module}/modules/account_b/zones_without_lattice.json"))
  # An endpoint takes one subnet in each zone.
  database_endpoint_subnets = { for zone, subnets in { for s in data.aws_subnet.function : s.availability_zone_id => s.id...
  if !contains(local.zones_without_lattice, s.availability_zone_id) } : zone => sort(subnets)[0] }
}

# The invitation is there only where the accounts do not share within one organisation.
resource "aws_ram_resource_share_accepter" "this" {
  count     = local.lattice && var.accept_resource_share ? 1 : 0
  provider  = aws.a
  share_arn = local.resource_share_arn
}

resource "aws_security_group" "database" {
  # checkov:skip=CKV2_AWS_5:It is attached to the endpoint of the database.
  count       = local.lattice ? 1 : 0
  provider    = aws.a
  name_prefix = "${var.name}-database-"
  description = "Endpoint of the database: PostgreSQL from the data extractor"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-database" })

  # What is shared is visible some seconds after the acceptance; the group and its rule take some.
  depends_on = [aws_ram_resource_share_accepter.this]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count                        = local.lattice ? 1 : 0
  provider                     = aws.a
  security_group_id            = aws_security_group.database[0].id
  description                  = "PostgreSQL from the function"
  referenced_security_group_id = aws_security_group.function[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.db_port
  to_port                      = var.db_port
  tags                         = local.tags
}

resource "aws_vpc_endpoint" "database" {
  count                      = local.lattice ? 1 : 0
  provider                   = aws.a
  vpc_id                     = local.vpc_id
  vpc_endpoint_type          = "Resource"
  resource_configuration_arn = local.resource_configuration_arn
  subnet_ids                 = values(local.database_endpoint_subnets)
  security_group_ids         = [aws_security_group.database[0].id]
  # By ARN, RDS's own names lead to the endpoint within this VPC; AWS admits no other value.
  private_dns_enabled = var.lattice_definition == "arn" ? true : null
  tags                = merge(local.tags, { Name = "${var.name}-database" })

  depends_on = [aws_ram_resource_share_accepter.this, aws_vpc_security_group_ingress_rule.database]

  lifecycle {
    precondition {
      condition     = local.partition == "aws"
      error_message = "VPC Lattice shares no databases in the partition ${local.partition}: use connectivity peering."
    }
    precondition {
      condition     = local.region_b == local.region && (var.resource_configuration_arn == null || try(split(":", var.resource_configuration_arn)[3] == local.region, false))
      error_message = "VPC Lattice shares databases within one region, and the function is in ${local.region}: deploy it in the database's region, or use connectivity peering."
    }
    precondition {
      condition     = alltrue([for v in data.aws_vpc.a : v.enable_dns_support && v.enable_dns_hostnames])
      error_message = "The database's name is to resolve to the endpoint in ${local.vpc_id}, for which enableDnsSupport and enableDnsHostnames must be on: aws ec2 modify-vpc-attribute --vpc-id ${local.vpc_id} --enable-dns-hostnames Value=true"
    }
    precondition {
      condition     = length(local.database_endpoint_subnets) > 0
      error_message = "None of account_a_subnet_ids lies in a zone that has VPC Lattice: ${join(" ", distinct([for s in data.aws_subnet.function : s.availability_zone_id]))}."
    }
    precondition {
      condition     = local.entry == null ? true : length(setintersection(local.entry.zone_ids, keys(local.database_endpoint_subnets))) > 0
      error_message = "account_a_subnet_ids (${join(" ", keys(local.database_endpoint_subnets))}) and account_b_subnet_ids (${join(" ", try(local.entry.zone_ids, []))}) have no zone in common: one at least has to be, by its id, since names of zones differ between accounts."
    }
    precondition {
      condition     = local.entry == null ? true : local.entry.vpc_id != local.vpc_id
      error_message = "account_a_subnet_ids and account_b_subnet_ids lie in the same VPC, ${coalesce(local.vpc_id, "none")}: the function needs no connection there, use connectivity existing."
    }
  }
}

# Endpoints of this type have no dns_entry of their own.
data "aws_vpc_endpoint_associations" "database" {
  count           = local.lattice && var.lattice_definition == "dns" ? 1 : 0
  provider        = aws.a
  vpc_endpoint_id = aws_vpc_endpoint.database[0].id
}
