# The ways to the database: what each tells the rest of the module, and what changes from one to another.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

variables {
  account_b_subnet_ids = ["subnet-0bbbbbbbbbbbbbbb1"]
}

run "peering" {
  assert {
    condition = jsonencode(output.way) == jsonencode({
      host   = null, port = 5432, tls_server_name = null
      egress = [{ cidr = "10.1.0.0/16", group = null }]
      admit  = { cidrs = ["10.0.1.0/24"], security_group = null }
    })
    error_message = "Over a peering the function reaches the database's networks, and the database admits the function's."
  }
  assert {
    condition     = keys(aws_route.to_b) == ["rtb-0aaaaaaaaaaaaaaaa 10.1.0.0/16"] && length(aws_vpc_peering_connection.this) == 1 && keys(aws_vpc_security_group_egress_rule.this) == ["database 10.1.0.0/16", "https 10.0.0.0/16", "s3"]
    error_message = "An existing deployment's resources keep their addresses."
  }
}

# The networks may share addresses, which a peering refuses.
run "from_peering_to_lattice" {
  variables {
    connectivity    = "lattice"
    account_b_cidrs = ["10.0.0.0/16"]
  }
  assert {
    condition = jsonencode(output.way) == jsonencode({
      host   = null, port = 5432, tls_server_name = null
      egress = [{ cidr = null, group = "sg-0aaaaaaaaaaaaaaaa" }]
      admit  = { cidrs = [], security_group = "sg-0bbbbbbbbbbbbbbb1" }
    })
    error_message = "The function asks RDS as before, reaches the endpoint alone, and the database admits the gateway alone."
  }
  assert {
    condition     = output.configuration == run.peering.configuration && output.configuration_version == run.peering.configuration_version
    error_message = "The database configuration is the same: RDS's own names work over both."
  }
  assert {
    condition     = length(aws_vpc_peering_connection.this) == 0 && length(aws_route.to_b) == 0 && output.peering_connection_id == null
    error_message = "Nothing of the peering is left."
  }
  assert {
    condition = [aws_vpc_endpoint.database[0].vpc_endpoint_type, aws_vpc_endpoint.database[0].resource_configuration_arn, aws_ram_resource_share_accepter.this[0].share_arn] == [
    "Resource", module.account_b[0].resource_configuration_arn, module.account_b[0].resource_share_arn]
    error_message = "The endpoint is one of what account B shares, by the share that is accepted."
  }
  assert {
    condition     = aws_vpc_endpoint.database[0].private_dns_enabled && length(aws_vpc_endpoint.database[0].subnet_ids) == 1
    error_message = "RDS's names lead to the endpoint, which has one subnet a zone."
  }
  assert {
    condition = [for r in aws_vpc_security_group_ingress_rule.database : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port, r.ip_protocol]] == [
    ["sg-0aaaaaaaaaaaaaaaa", "sg-0aaaaaaaaaaaaaaaa", 5432, 5432, "tcp"]] && aws_vpc_security_group_egress_rule.this["database"].from_port == 5432
    error_message = "The endpoint admits the function alone, at the database's port."
  }
}

run "from_lattice_to_existing" {
  variables {
    connectivity = "existing"
  }
  assert {
    condition     = jsonencode(output.way) == jsonencode(run.peering.way) && length(aws_vpc_endpoint.database) == 0 && length(aws_security_group.database) == 0
    error_message = "What exists joins the networks as a peering does, and nothing of VPC Lattice is left."
  }
}

run "from_existing_to_a_name" {
  variables {
    connectivity           = "lattice"
    lattice_definition     = "dns"
    db_instance_identifier = null
    db_proxy_name          = "orders-proxy"
    db_host                = "orders-proxy.proxy-c1.eu-west-1.rds.amazonaws.com"
    accept_resource_share  = false
  }
  assert {
    condition = [output.way.host, output.way.tls_server_name, jsondecode(output.configuration).host, jsondecode(output.configuration).tlsServerName] == [
      "vpce-0aaaaaaaaaaaaaaaa-rcfg-0bbbbbbbbbbbbbbbb.4232ccc.vpc-lattice-rsc.eu-west-1.on.aws", "orders-proxy.proxy-c1.eu-west-1.rds.amazonaws.com",
      "vpce-0aaaaaaaaaaaaaaaa-rcfg-0bbbbbbbbbbbbbbbb.4232ccc.vpc-lattice-rsc.eu-west-1.on.aws", "orders-proxy.proxy-c1.eu-west-1.rds.amazonaws.com"
    ]
    error_message = "By a name the function connects to the endpoint's, and the certificate has the database's."
  }
  assert {
    condition     = length(aws_ram_resource_share_accepter.this) == 0 && !contains(keys(aws_vpc_endpoint.interface), "rds")
    error_message = "Within one organisation there is nothing to accept; who knows the host does not ask RDS."
  }
}

run "from_a_name_to_peering" {
  assert {
    condition     = jsonencode(output.way) == jsonencode(run.peering.way) && output.configuration == run.peering.configuration
    error_message = "Back at the peering all is as it was."
  }
}

run "account_a_alone" {
  variables {
    side                       = "a"
    connectivity               = "lattice"
    account_b_subnet_ids       = []
    account_b_vpc_id           = null
    account_b_route_table_ids  = []
    db_security_group_ids      = []
    resource_configuration_arn = "arn:aws:vpc-lattice:eu-west-1:222222222222:resourceconfiguration/rcfg-0cccccccccccccccc"
    resource_share_arn         = "arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef"
  }
  assert {
    condition = [aws_vpc_endpoint.database[0].resource_configuration_arn, aws_ram_resource_share_accepter.this[0].share_arn] == [
      "arn:aws:vpc-lattice:eu-west-1:222222222222:resourceconfiguration/rcfg-0cccccccccccccccc",
    "arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef"]
    error_message = "Account A needs of account B's side the two ARNs and no network."
  }
}

run "account_b_alone" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn = "arn:aws:iam::111111111111:role/x"
    connectivity      = "lattice"
  }
  assert {
    condition = [for r in aws_vpc_security_group_ingress_rule.entry : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port, r.ip_protocol]] == [
    ["sg-0bbbbbbbbbbbbbbbb", "sg-0bbbbbbbbbbbbbbb1", 5432, 5432, "tcp"]] && length(aws_vpc_security_group_ingress_rule.cidr) + length(aws_vpc_security_group_ingress_rule.group) == 0
    error_message = "The database admits the gateway's group, and nothing of account A's."
  }
  assert {
    condition = [for r in aws_vpc_security_group_egress_rule.entry : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port, r.ip_protocol]] == [
    ["sg-0bbbbbbbbbbbbbbb1", "sg-0bbbbbbbbbbbbbbbb", 5432, 5432, "tcp"]]
    error_message = "The gateway reaches the database alone."
  }
  assert {
    condition = aws_vpclattice_resource_configuration.this[0].type == "ARN" && (
    one(aws_vpclattice_resource_configuration.this[0].resource_configuration_definition[*].arn_resource[0].arn) == "arn:aws:rds:eu-west-1:222222222222:db:orders")
    error_message = "The instance is shared by its ARN."
  }
  assert {
    condition     = aws_ram_principal_association.this[0].principal == "111111111111" && aws_ram_resource_association.this[0].resource_arn == output.resource_configuration_arn
    error_message = "It is shared with account A and nobody else."
  }
  assert {
    condition = [aws_vpclattice_access_log_subscription.this[0].destination_arn, aws_cloudwatch_log_group.connections[0].retention_in_days] == [
    "arn:aws:logs:eu-west-1:222222222222:log-group:/aws/vendedlogs/vpc-lattice/rds-data-extractor", 30]
    error_message = "Each connection is a line in a log."
  }
}

run "a_cluster_whose_groups_its_owner_opens" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    name                      = "extractor-of-the-orders-database-in-europe"
    function_role_arn         = "arn:aws:iam::111111111111:role/x"
    connectivity              = "lattice"
    db_instance_identifier    = null
    db_cluster_identifier     = "orders"
    db_security_group_ids     = []
    account_b_access_log_days = null
  }
  assert {
    condition     = one(aws_vpclattice_resource_configuration.this[0].resource_configuration_definition[*].arn_resource[0].arn) == "arn:aws:rds:eu-west-1:222222222222:cluster:orders"
    error_message = "A cluster is shared by its ARN, with its writer and its readers."
  }
  assert {
    condition     = [for r in aws_vpc_security_group_egress_rule.entry : r.cidr_ipv4] == ["10.1.0.0/16"] && output.entry_security_group_id == "sg-0bbbbbbbbbbbbbbb1"
    error_message = "The gateway reaches the database's network, and its group is named for the owner of the database's groups."
  }
  assert {
    condition     = length(aws_vpclattice_resource_gateway.this[0].name) <= 40 && length(aws_vpclattice_access_log_subscription.this) == 0
    error_message = "Names are as long as VPC Lattice takes them, and no log is kept where none is wanted."
  }
}
