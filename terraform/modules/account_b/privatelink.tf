# Connectivity privatelink: a load balancer in front of the database, and an endpoint service of it that account A may connect to,
# and nobody else. The targets are registered by the updater (target_updater.tf).
locals {
  privatelink = var.connectivity == "privatelink"
  # Load balancers and target groups have names of 32 characters at most.
  balancer_name = trimsuffix("${substr(var.name, 0, 29)}-db", "-")
  # The name in the database's certificate.
  database_host = var.db_host != null ? var.db_host : try(
    data.aws_db_instance.this[0].address,
    local.db_endpoint == "reader" ? data.aws_rds_cluster.this[0].reader_endpoint : data.aws_rds_cluster.this[0].endpoint,
  null)
}

# The load balancer sees the addresses of the function's subnets, since PrivateLink's traffic obeys its group too.
resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each          = toset(local.privatelink ? var.account_a_cidrs : [])
  security_group_id = aws_security_group.entry[0].id
  description       = "PostgreSQL from the function of account A"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = var.db_port
  to_port           = var.db_port
  tags              = var.tags
}

resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_91:A load balancer logs TLS that it ends itself, and this one passes TCP on.
  # checkov:skip=CKV_AWS_150:It has no data, and protection would prevent cleanup and another way.
  count                                                        = local.privatelink ? 1 : 0
  name                                                         = local.balancer_name
  internal                                                     = true
  load_balancer_type                                           = "network"
  subnets                                                      = values(local.entry_subnets)
  security_groups                                              = [aws_security_group.entry[0].id]
  enforce_security_group_inbound_rules_on_private_link_traffic = "on"
  enable_cross_zone_load_balancing                             = true
  tags                                                         = var.tags

  lifecycle {
    precondition {
      condition     = length(local.public_instances) == 0
      error_message = "The targets of connectivity privatelink are the database's private addresses, and these are publicly accessible: ${join(" ", local.public_instances)}. Make it private (aws rds modify-db-instance --no-publicly-accessible), or use connectivity peering."
    }
  }
}

# An extraction of hours goes on while a health check fails now and then, and while its target is being deregistered: only the
# database itself ends its connections.
resource "aws_lb_target_group" "this" {
  count                  = local.privatelink ? 1 : 0
  name                   = local.balancer_name
  vpc_id                 = local.entry_vpcs[0]
  target_type            = "ip"
  protocol               = "TCP"
  port                   = var.db_port
  preserve_client_ip     = false
  connection_termination = false
  deregistration_delay   = 900
  tags                   = var.tags

  target_health_state {
    enable_unhealthy_connection_termination = false
    unhealthy_draining_interval             = 900
  }

  health_check {
    protocol            = "TCP"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# The database's own port, for which tokens of IAM are signed.
resource "aws_lb_listener" "this" {
  count             = local.privatelink ? 1 : 0
  load_balancer_arn = aws_lb.this[0].arn
  protocol          = "TCP"
  port              = var.db_port
  tags              = var.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_vpc_endpoint_service" "this" {
  count                      = local.privatelink ? 1 : 0
  acceptance_required        = true
  network_load_balancer_arns = [aws_lb.this[0].arn]
  allowed_principals         = ["arn:${local.partition}:iam::${local.a_account_id}:root"]
  tags                       = merge(var.tags, { Name = "${var.name}-database" })
}

# With both accounts at once, account A's endpoint is known during the apply. Alone, it is named once account A has it.
resource "aws_vpc_endpoint_connection_accepter" "this" {
  count                   = local.privatelink ? length(var.vpc_endpoint_ids) : 0
  vpc_endpoint_service_id = aws_vpc_endpoint_service.this[0].id
  vpc_endpoint_id         = var.vpc_endpoint_ids[count.index]
}
