# Connectivity transit_gateway: whose the gateway is, both accounts at once, and each side alone.
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

run "peering" {}

run "both_accounts" {
  variables {
    connectivity = "transit_gateway"
  }
  assert {
    condition     = jsonencode(output.way) == jsonencode(run.peering.way) && output.configuration == run.peering.configuration && output.configuration_version == run.peering.configuration_version
    error_message = "The function asks RDS, reaches the database's networks and is admitted by its own, as over a peering."
  }
  assert {
    condition = jsonencode(merge({ endpoint_policies = { for name, p in output.endpoint_policies : name => jsondecode(p) } },
      { for name, p in merge(output.policies, { function = output.function_policy_json, key = output.key_policy_json }) : name => try(jsondecode(p), null) }
    )) == jsonencode(jsondecode(file("./tests/policies/usual.json")))
    error_message = "No policy allows anything more than over a peering."
  }
  assert {
    condition = [output.transit_gateway_id, output.transit_gateway_attachment_id, module.account_b[0].transit_gateway_attachment_id, module.account_b[0].transit_gateway_id] == [
    "tgw-0aaaaaaaaaaaaaaaa", "tgw-attach-0aaaaaaaaaaaaaaaa", "tgw-attach-0bbbbbbbbbbbbbbbb", "tgw-0aaaaaaaaaaaaaaaa"]
    error_message = "Both networks are attached to the gateway of account A."
  }
  assert {
    condition     = output.transit_gateway_ready && module.account_b[0].transit_gateway_ready && module.account_b[0].accepted_transit_gateway_id == null && output.resource_share_arn == "arn:aws:ram:eu-west-1:111111111111:resource-share/01234567-89ab-cdef-0123-456789abcdef"
    error_message = "Account A shares and accepts within one apply, after which nothing is left to do."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables["CONNECTIVITY"] == "transit_gateway" && length(aws_vpc_peering_connection.this) + length(aws_route.to_b) + length(aws_vpc_endpoint.database) == 0
    error_message = "The function knows the way, and there is nothing of another one."
  }
}

run "the_function_s_group" {
  variables {
    connectivity = "transit_gateway"
    db_admit     = "security_group"
  }
  assert {
    condition     = jsonencode(output.way.admit) == jsonencode({ cidrs = [], security_group = "111111111111/sg-0aaaaaaaaaaaaaaaa" }) && [for e in output.way.egress : e.cidr] == ["10.1.0.0/16"]
    error_message = "The database admits the function's group; what goes out is named by networks, since only inbound rules may name a group of the other side."
  }
}

run "gateway_of_account_b" {
  variables {
    connectivity          = "transit_gateway"
    transit_gateway_owner = "b"
  }
  assert {
    condition = [output.transit_gateway_id, module.account_b[0].created_transit_gateway_id, module.account_b[0].accepted_transit_gateway_id] == [
    "tgw-0bbbbbbbbbbbbbbbb", "tgw-0bbbbbbbbbbbbbbbb", "tgw-0bbbbbbbbbbbbbbbb"] && output.resource_share_arn == null
    error_message = "Account B has the gateway, shares it and accepts account A's attachment."
  }
  assert {
    condition     = output.transit_gateway_ready && module.account_b[0].resource_share_arn == "arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef"
    error_message = "Account A's routes are made once account B has accepted, within one apply."
  }
}

run "gateway_of_a_third_account" {
  variables {
    connectivity          = "transit_gateway"
    transit_gateway_owner = "other"
    transit_gateway_id    = "tgw-0eeeeeeeeeeeeeeee"
    db_admit              = "security_group"
  }
  override_data {
    target = module.transit_gateway[0].data.aws_ec2_transit_gateway.this
    values = { owner_id = "333333333333", auto_accept_shared_attachments = "disable", security_group_referencing_support = "enable" }
  }
  override_data {
    target = module.account_b[0].module.transit_gateway[0].data.aws_ec2_transit_gateway.this
    values = { owner_id = "333333333333", auto_accept_shared_attachments = "enable", security_group_referencing_support = "enable" }
  }
  assert {
    condition     = output.transit_gateway_ready == false && module.account_b[0].transit_gateway_ready && output.resource_share_arn == null && module.account_b[0].resource_share_arn == null
    error_message = "Routes wait for the owner's acceptance, unless the gateway accepts by itself; nobody here shares it."
  }
}

run "account_a_alone" {
  variables {
    side                           = "a"
    connectivity                   = "transit_gateway"
    account_b_subnet_ids           = []
    account_b_vpc_id               = null
    account_b_route_table_ids      = []
    db_security_group_ids          = []
    account_b_cidrs                = ["10.1.0.0/16"]
    transit_gateway_attachment_ids = ["tgw-attach-0bbbbbbbbbbbbbbbb"]
  }
  assert {
    condition     = output.transit_gateway_id == "tgw-0aaaaaaaaaaaaaaaa" && output.transit_gateway_ready && startswith(output.resource_share_arn, "arn:aws:ram:") && jsonencode(output.way) == jsonencode(run.peering.way)
    error_message = "Account A's team has a gateway and a share of it, and names both."
  }
}

# The side itself, from here on.
run "the_owner" {
  module {
    source = "./modules/transit_gateway"
  }
  providers = { aws = aws.a }
  variables {
    account_id      = "111111111111"
    name            = "rds-data-extractor"
    owned           = true
    create          = true
    share_with      = "222222222222"
    vpc_ids         = ["vpc-0aaaaaaaaaaaaaaaa"]
    vpc_cidrs       = ["10.0.0.0/16"]
    subnets         = { euw1-az1 = "subnet-0aaaaaaaaaaaaaaa1", euw1-az2 = "subnet-0aaaaaaaaaaaaaaa2" }
    networks        = ["10.1.0.0/16", "10.2.0.0/16"]
    route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
    attachment_ids  = ["tgw-attach-0bbbbbbbbbbbbbbbb"]
  }
  assert {
    condition = [aws_ec2_transit_gateway.this[0].auto_accept_shared_attachments, aws_ec2_transit_gateway.this[0].security_group_referencing_support, aws_ec2_transit_gateway.this[0].dns_support,
      aws_ec2_transit_gateway.this[0].default_route_table_association, aws_ec2_transit_gateway.this[0].default_route_table_propagation] == [
    "disable", "disable", "enable", "enable", "enable"]
    error_message = "The gateway accepts nothing by itself, has one table for all attachments, and refers to no groups where none are wanted."
  }
  assert {
    condition = [aws_ram_principal_association.this[0].principal, aws_ram_resource_association.this[0].resource_arn, aws_ram_principal_association.this[0].resource_share_arn] == [
    "222222222222", aws_ec2_transit_gateway.this[0].arn, output.share_arn] && length(aws_ram_resource_share_accepter.this) == 0
    error_message = "The gateway is shared with the other account and nobody else."
  }
  assert {
    condition = [aws_ec2_transit_gateway_vpc_attachment.this.transit_gateway_id, aws_ec2_transit_gateway_vpc_attachment.this.vpc_id, sort(aws_ec2_transit_gateway_vpc_attachment.this.subnet_ids)] == [
    "tgw-0aaaaaaaaaaaaaaaa", "vpc-0aaaaaaaaaaaaaaaa", tolist(["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"])] && aws_ec2_transit_gateway_vpc_attachment.this.dns_support == "enable"
    error_message = "The network is attached in each zone, with names that resolve to private addresses."
  }
  assert {
    condition     = aws_ec2_transit_gateway_vpc_attachment_accepter.this[0].transit_gateway_attachment_id == "tgw-attach-0bbbbbbbbbbbbbbbb" && length(aws_ec2_transit_gateway_route_table_association.this) + length(aws_ec2_transit_gateway_route_table_propagation.this) == 0
    error_message = "The other account's attachment is accepted, into the default tables."
  }
  assert {
    condition = { for k, r in aws_route.this : k => [r.route_table_id, r.destination_cidr_block, r.transit_gateway_id] } == {
      "rtb-0aaaaaaaaaaaaaaaa 10.1.0.0/16" = ["rtb-0aaaaaaaaaaaaaaaa", "10.1.0.0/16", "tgw-0aaaaaaaaaaaaaaaa"]
      "rtb-0aaaaaaaaaaaaaaaa 10.2.0.0/16" = ["rtb-0aaaaaaaaaaaaaaaa", "10.2.0.0/16", "tgw-0aaaaaaaaaaaaaaaa"]
    }
    error_message = "Each table has a route to each network of the other side, over the gateway."
  }
}

run "the_owner_of_an_existing_gateway" {
  module {
    source = "./modules/transit_gateway"
  }
  providers = { aws = aws.a }
  variables {
    account_id         = "111111111111"
    name               = "rds-data-extractor"
    owned              = true
    create             = false
    gateway_id         = "tgw-0eeeeeeeeeeeeeeee"
    visible_gateway_id = "tgw-0eeeeeeeeeeeeeeee"
    share_with         = "222222222222"
    vpc_ids            = ["vpc-0aaaaaaaaaaaaaaaa"]
    vpc_cidrs          = ["10.0.0.0/16"]
    subnets            = { euw1-az1 = "subnet-0aaaaaaaaaaaaaaa1" }
    networks           = ["10.1.0.0/16"]
    route_table_ids    = []
    attachment_ids     = ["tgw-attach-0bbbbbbbbbbbbbbbb"]
    route_table_id     = "tgw-rtb-0eeeeeeeeeeeeeeee"
    security_groups    = true
  }
  override_data {
    target = data.aws_ec2_transit_gateway.this
    values = { owner_id = "111111111111", default_route_table_association = "disable", default_route_table_propagation = "disable", security_group_referencing_support = "enable", arn = "arn:aws:ec2:eu-west-1:111111111111:transit-gateway/tgw-0eeeeeeeeeeeeeeee" }
  }
  assert {
    condition     = length(aws_ec2_transit_gateway.this) == 0 && aws_ram_resource_association.this[0].resource_arn == "arn:aws:ec2:eu-west-1:111111111111:transit-gateway/tgw-0eeeeeeeeeeeeeeee"
    error_message = "The existing gateway is shared, and none is made."
  }
  assert {
    condition = [for r in concat(aws_ec2_transit_gateway_route_table_association.this, aws_ec2_transit_gateway_route_table_propagation.this) : "${r.transit_gateway_attachment_id} ${r.transit_gateway_route_table_id}"] == [
      "tgw-attach-0aaaaaaaaaaaaaaaa tgw-rtb-0eeeeeeeeeeeeeeee", "tgw-attach-0bbbbbbbbbbbbbbbb tgw-rtb-0eeeeeeeeeeeeeeee",
    "tgw-attach-0aaaaaaaaaaaaaaaa tgw-rtb-0eeeeeeeeeeeeeeee", "tgw-attach-0bbbbbbbbbbbbbbbb tgw-rtb-0eeeeeeeeeeeeeeee"]
    error_message = "Both attachments are associated with the table that is named, and propagate into it."
  }
  assert {
    condition = [for a in [aws_ec2_transit_gateway_vpc_attachment.this, aws_ec2_transit_gateway_vpc_attachment_accepter.this[0]] :
      a.transit_gateway_default_route_table_association || a.transit_gateway_default_route_table_propagation] == [false, false] && (
    aws_ec2_transit_gateway_vpc_attachment.this.security_group_referencing_support == "enable")
    error_message = "They are in no other table, and groups of the other side may be referred to."
  }
}

run "account_b_alone" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn       = "arn:aws:iam::111111111111:role/x"
    connectivity            = "transit_gateway"
    account_a_cidrs         = ["10.0.1.0/24"]
    function_security_group = "111111111111/sg-0aaaaaaaaaaaaaaaa"
    transit_gateway_id      = "tgw-0aaaaaaaaaaaaaaaa"
    resource_share_arn      = "arn:aws:ram:eu-west-1:111111111111:resource-share/01234567-89ab-cdef-0123-456789abcdef"
  }
  assert {
    condition     = output.transit_gateway_attachment_id == "tgw-attach-0bbbbbbbbbbbbbbbb" && output.transit_gateway_ready == false
    error_message = "The network is attached, which account A's team has to accept."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.group) == 0 && length(aws_vpc_security_group_ingress_rule.cidr) == 0
    error_message = "The function's group is not known here before that."
  }
}

run "account_b_alone_once_accepted" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn       = "arn:aws:iam::111111111111:role/x"
    connectivity            = "transit_gateway"
    account_a_cidrs         = ["10.0.1.0/24"]
    function_security_group = "111111111111/sg-0aaaaaaaaaaaaaaaa"
    transit_gateway_id      = "tgw-0aaaaaaaaaaaaaaaa"
    resource_share_arn      = "arn:aws:ram:eu-west-1:111111111111:resource-share/01234567-89ab-cdef-0123-456789abcdef"
  }
  override_data {
    target = module.transit_gateway[0].data.aws_ec2_transit_gateway_vpc_attachments.ready
    values = { ids = ["tgw-attach-0bbbbbbbbbbbbbbbb"] }
  }
  assert {
    condition     = output.transit_gateway_ready && [for r in aws_vpc_security_group_ingress_rule.group : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port]] == [["sg-0bbbbbbbbbbbbbbbb", "111111111111/sg-0aaaaaaaaaaaaaaaa", 5432, 5432]]
    error_message = "Now the database admits the function's group."
  }
}

run "account_b_alone_with_the_gateway" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn              = "arn:aws:iam::111111111111:role/x"
    connectivity                   = "transit_gateway"
    account_a_cidrs                = ["10.0.1.0/24"]
    transit_gateway_owner          = "b"
    transit_gateway_attachment_ids = ["tgw-attach-0aaaaaaaaaaaaaaaa"]
  }
  assert {
    condition = [output.transit_gateway_id, output.resource_share_arn, output.accepted_transit_gateway_id] == [
    "tgw-0bbbbbbbbbbbbbbbb", "arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef", "tgw-0bbbbbbbbbbbbbbbb"] && output.transit_gateway_ready
    error_message = "Account B's team has the gateway, shares it and accepts account A's attachment."
  }
  assert {
    condition     = [for r in aws_vpc_security_group_ingress_rule.cidr : [r.security_group_id, r.cidr_ipv4, r.from_port]] == [["sg-0bbbbbbbbbbbbbbbb", "10.0.1.0/24", 5432]]
    error_message = "The database admits the function's subnets."
  }
}

run "account_a_alone_without_the_gateway" {
  variables {
    side                      = "a"
    connectivity              = "transit_gateway"
    account_b_subnet_ids      = []
    account_b_vpc_id          = null
    account_b_route_table_ids = []
    db_security_group_ids     = []
    account_b_cidrs           = ["10.1.0.0/16"]
    transit_gateway_owner     = "b"
    transit_gateway_id        = "tgw-0bbbbbbbbbbbbbbbb"
    resource_share_arn        = "arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef"
  }
  assert {
    condition     = [output.transit_gateway_id, output.transit_gateway_attachment_id] == ["tgw-0bbbbbbbbbbbbbbbb", "tgw-attach-0aaaaaaaaaaaaaaaa"] && output.transit_gateway_ready == false && output.resource_share_arn == null
    error_message = "Account A attaches its network to account B's gateway, and has routes once that is accepted."
  }
}
