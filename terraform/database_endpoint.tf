# The endpoint at which the function reaches a database whose network is not joined with its own, and its security group.
locals {
  # Account B's side, managed here or told by its team. Single outputs, not module.account_b[*]: that would wait for all of account B's
  # side, some of which waits for the function's security group.
  resource_configuration_arn = var.side == "both" ? module.account_b[0].resource_configuration_arn : var.resource_configuration_arn
  resource_share_arn         = var.side == "both" ? module.account_b[0].resource_share_arn : var.resource_share_arn
  endpoint_service_name      = var.side == "both" ? module.account_b[0].endpoint_service_name : var.endpoint_service_name
  entry                      = var.side == "both" ? module.account_b[0].entry : null

  zones_without_lattice = jsondecode(file("${path.module}/modules/account_b/zones_without_lattice.json"))
  # An endpoint takes one subnet in each zone, and one of PrivateLink only in zones of the load balancer. Names of zones differ between
  # accounts; the service names them as this account does.
  database_endpoint_subnets = { for zone, subnets in { for s in data.aws_subnet.function : s.availability_zone_id => s.id...
    if local.lattice ? !contains(local.zones_without_lattice, s.availability_zone_id) : (
      local.entry != null ? contains(local.entry.zone_ids, s.availability_zone_id) : contains(local.service_zones, s.availability_zone)
  ) } : zone => sort(subnets)[0] }
  service_zones = flatten(data.aws_vpc_endpoint_service.database[*].availability_zones)
}

# Visible to the accounts that account B's side admits.
data "aws_vpc_endpoint_service" "database" {
  count        = local.privatelink && var.side == "a" ? 1 : 0
  provider     = aws.a
  service_name = var.endpoint_service_name
}

# The invitation is there only where the accounts do not share within one organisation.
resource "aws_ram_resource_share_accepter" "this" {
  count     = local.lattice && var.accept_resource_share ? 1 : 0
  provider  = aws.a
  share_arn = local.resource_share_arn
}

resource "aws_security_group" "database" {
  # checkov:skip=CKV2_AWS_5:It is attached to the endpoint of the database.
  count       = local.by_endpoint ? 1 : 0
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
  count                        = local.by_endpoint ? 1 : 0
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
  count                      = local.by_endpoint ? 1 : 0
  provider                   = aws.a
  vpc_id                     = local.vpc_id
  vpc_endpoint_type          = local.lattice ? "Resource" : "Interface"
  resource_configuration_arn = local.lattice ? local.resource_configuration_arn : null
  service_name               = local.privatelink ? local.endpoint_service_name : null
  subnet_ids                 = values(local.database_endpoint_subnets)
  security_group_ids         = [aws_security_group.database[0].id]
  # By ARN, RDS's own names lead to the endpoint within this VPC; AWS admits no other value.
  private_dns_enabled = local.lattice && var.lattice_definition == "arn" ? true : null
  tags                = merge(local.tags, { Name = "${var.name}-database" })

  depends_on = [aws_ram_resource_share_accepter.this, aws_vpc_security_group_ingress_rule.database]

  lifecycle {
    precondition {
      condition     = local.partition == "aws" || !local.lattice
      error_message = "VPC Lattice shares no databases in the partition ${local.partition}: use connectivity peering."
    }
    precondition {
      condition     = !local.lattice || local.region_b == local.region && (var.resource_configuration_arn == null || try(split(":", var.resource_configuration_arn)[3] == local.region, false))
      error_message = "VPC Lattice shares databases within one region, and the function is in ${local.region}: deploy it in the database's region, or use connectivity peering."
    }
    precondition {
      condition     = !local.privatelink || local.region_b == local.region && (var.endpoint_service_name == null || try(regex("vpce[.]([a-z0-9-]+)[.]", var.endpoint_service_name)[0] == local.region, false))
      error_message = "The endpoint of connectivity privatelink lies in the load balancer's region, and the function is in ${local.region}: deploy it in the database's region, or use connectivity peering."
    }
    precondition {
      condition     = alltrue([for v in data.aws_vpc.a : v.enable_dns_support && v.enable_dns_hostnames])
      error_message = "The database's name is to resolve to the endpoint in ${local.vpc_id}, for which enableDnsSupport and enableDnsHostnames must be on: aws ec2 modify-vpc-attribute --vpc-id ${local.vpc_id} --enable-dns-hostnames Value=true"
    }
    precondition {
      condition     = !local.lattice || length(local.database_endpoint_subnets) > 0
      error_message = "None of account_a_subnet_ids lies in a zone that has VPC Lattice: ${join(" ", distinct([for s in data.aws_subnet.function : s.availability_zone_id]))}."
    }
    precondition {
      condition     = !local.privatelink || local.entry != null || length(local.database_endpoint_subnets) > 0
      error_message = "account_a_subnet_ids (${join(" ", distinct([for s in data.aws_subnet.function : s.availability_zone]))}) lie in no zone of account B's load balancer (${join(" ", local.service_zones)}): one at least has to."
    }
    precondition {
      condition     = local.entry == null ? true : length(setintersection(local.entry.zone_ids, [for s in data.aws_subnet.function : s.availability_zone_id])) > 0
      error_message = "account_a_subnet_ids (${join(" ", distinct([for s in data.aws_subnet.function : s.availability_zone_id]))}) and account_b_subnet_ids (${join(" ", try(local.entry.zone_ids, []))}) have no zone in common: one at least has to be, by its id, since names of zones differ between accounts."
    }
    precondition {
      condition     = local.entry == null ? true : local.entry.vpc_id != local.vpc_id
      error_message = "account_a_subnet_ids and account_b_subnet_ids lie in the same VPC, ${coalesce(local.vpc_id, "none")}: the function needs no connection there, use connectivity existing."
    }
  }
}

# Endpoints of type Resource have no dns_entry of their own.
data "aws_vpc_endpoint_associations" "database" {
  count           = local.lattice && var.lattice_definition == "dns" ? 1 : 0
  provider        = aws.a
  vpc_endpoint_id = aws_vpc_endpoint.database[0].id
}

# A zone of exactly the database's name, so that RDS's own name leads to the endpoint in the whole VPC.
resource "aws_route53_zone" "database" {
  # checkov:skip=CKV2_AWS_38:Private zones are not signed.
  # checkov:skip=CKV2_AWS_39:Queries of private zones are not logged by the zone.
  count    = local.privatelink && var.privatelink_private_zone ? 1 : 0
  provider = aws.a
  name     = local.database_host
  comment  = "Leads to the endpoint of the data extractor ${var.name}"
  tags     = local.tags

  vpc {
    vpc_id = local.vpc_id
  }
}

resource "aws_route53_record" "database" {
  count    = length(aws_route53_zone.database)
  provider = aws.a
  zone_id  = aws_route53_zone.database[0].zone_id
  name     = local.database_host
  type     = "A"

  alias {
    name                   = aws_vpc_endpoint.database[0].dns_entry[0].dns_name
    zone_id                = aws_vpc_endpoint.database[0].dns_entry[0].hosted_zone_id
    evaluate_target_health = false
  }
}
