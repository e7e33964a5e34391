# Connectivity privatelink: both accounts at once, and each side alone.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

variables {
  account_b_subnet_ids        = ["subnet-0bbbbbbbbbbbbbbb1"]
  target_updater_package_file = "./main.tf"
}

run "both_accounts" {
  variables {
    connectivity    = "privatelink"
    account_b_cidrs = ["10.0.0.0/16"]
  }
  assert {
    condition = jsonencode(output.way) == jsonencode({
      host   = "vpce-0aaaaaaaaaaaaaaaa-xyz.vpce-svc-0bbbbbbbbbbbbbbbb.eu-west-1.vpce.amazonaws.com", port = 5432, tls_server_name = "orders.c1.eu-west-1.rds.amazonaws.com"
      egress = [{ cidr = null, group = "sg-0aaaaaaaaaaaaaaaa" }]
      admit  = { cidrs = [], security_group = "sg-0bbbbbbbbbbbbbbb1" }
    })
    error_message = "The function connects to the endpoint, expects the database's name in the certificate, and the database admits the load balancer alone."
  }
  assert {
    condition = [jsondecode(output.configuration).host, jsondecode(output.configuration).tlsServerName, jsondecode(output.configuration).dbInstanceIdentifier] == [
    output.way.host, "orders.c1.eu-west-1.rds.amazonaws.com", "orders"] && aws_lambda_function.this.environment[0].variables["CONNECTIVITY"] == "privatelink"
    error_message = "The function's configuration has both names, and the function knows the way."
  }
  assert {
    condition = [aws_vpc_endpoint.database[0].vpc_endpoint_type, aws_vpc_endpoint.database[0].service_name, module.account_b[0].accepted_vpc_endpoint_ids] == [
    "Interface", "com.amazonaws.vpce.eu-west-1.vpce-svc-0bbbbbbbbbbbbbbbb", ["vpce-0aaaaaaaaaaaaaaaa"]]
    error_message = "The endpoint connects to account B's service, which accepts it."
  }
  assert {
    condition     = length(aws_vpc_endpoint.database[0].subnet_ids) == 1 && !contains(keys(aws_vpc_endpoint.interface), "rds") && length(aws_route53_zone.database) == 0
    error_message = "The endpoint has one subnet a zone, and RDS is not asked."
  }
}

run "a_private_zone" {
  variables {
    connectivity             = "privatelink"
    privatelink_private_zone = true
  }
  assert {
    condition     = output.way.host == null && output.way.tls_server_name == null && contains(keys(aws_vpc_endpoint.interface), "rds")
    error_message = "RDS's own name is used, as over a peering."
  }
  assert {
    condition = [aws_route53_zone.database[0].name, aws_route53_record.database[0].name, aws_route53_record.database[0].alias[0].name, one(aws_route53_zone.database[0].vpc[*].vpc_id)] == [
      "orders.c1.eu-west-1.rds.amazonaws.com", "orders.c1.eu-west-1.rds.amazonaws.com", "vpce-0aaaaaaaaaaaaaaaa-xyz.vpce-svc-0bbbbbbbbbbbbbbbb.eu-west-1.vpce.amazonaws.com", "vpc-0aaaaaaaaaaaaaaaa"
    ]
    error_message = "The zone is of this one name, and leads to the endpoint within the function's VPC."
  }
}

run "account_a_alone" {
  variables {
    side                      = "a"
    connectivity              = "privatelink"
    account_b_subnet_ids      = []
    account_b_vpc_id          = null
    account_b_route_table_ids = []
    db_security_group_ids     = []
    endpoint_service_name     = "com.amazonaws.vpce.eu-west-1.vpce-svc-0cccccccccccccccc"
    db_host                   = "orders.c1.eu-west-1.rds.amazonaws.com"
  }
  assert {
    condition     = aws_vpc_endpoint.database[0].service_name == "com.amazonaws.vpce.eu-west-1.vpce-svc-0cccccccccccccccc" && output.vpc_endpoint_id == "vpce-0aaaaaaaaaaaaaaaa" && output.way.tls_server_name == "orders.c1.eu-west-1.rds.amazonaws.com"
    error_message = "Account A needs of account B's side the service and the database's name, and says which endpoint is to be accepted."
  }
}

run "account_b_alone" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn         = "arn:aws:iam::111111111111:role/x"
    connectivity              = "privatelink"
    account_a_cidrs           = ["10.0.1.0/24"]
    account_b_alarm_topic_arn = "arn:aws:sns:eu-west-1:222222222222:alarms"
  }
  assert {
    condition = [for r in aws_vpc_security_group_ingress_rule.entry : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port, r.ip_protocol]] == [
    ["sg-0bbbbbbbbbbbbbbbb", "sg-0bbbbbbbbbbbbbbb1", 5432, 5432, "tcp"]] && length(aws_vpc_security_group_ingress_rule.cidr) + length(aws_vpc_security_group_ingress_rule.group) == 0
    error_message = "The database admits the load balancer's group, and nothing of account A's."
  }
  assert {
    condition = [for r in aws_vpc_security_group_ingress_rule.balancer : [r.security_group_id, r.cidr_ipv4, r.from_port, r.to_port]] == [["sg-0bbbbbbbbbbbbbbb1", "10.0.1.0/24", 5432, 5432]] && (
    aws_lb.this[0].enforce_security_group_inbound_rules_on_private_link_traffic == "on")
    error_message = "The load balancer admits the function's subnets alone."
  }
  assert {
    condition     = aws_vpc_endpoint_service.this[0].acceptance_required && aws_vpc_endpoint_service.this[0].allowed_principals == toset(["arn:aws:iam::111111111111:root"]) && length(aws_vpc_endpoint_connection_accepter.this) == 0
    error_message = "Account A alone may connect, and account B accepts each endpoint."
  }
  assert {
    condition = [
      aws_lb_target_group.this[0].connection_termination, tonumber(aws_lb_target_group.this[0].deregistration_delay), tobool(aws_lb_target_group.this[0].preserve_client_ip),
      aws_lb_target_group.this[0].target_health_state[0].enable_unhealthy_connection_termination, aws_lb_listener.this[0].port
    ] == [false, 900, false, false, 5432]
    error_message = "A failed health check and a deregistration end no connection, and the listener has the database's own port."
  }
  assert {
    condition = jsonencode(aws_lambda_function.updater[0].environment[0].variables) == jsonencode({
      ALLOWED_CIDRS    = "10.1.0.0/16", DB_INSTANCE_IDENTIFIER = "orders", DB_PORT = "5432"
      TARGET_GROUP_ARN = "arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/rds-data-extractor-db/0123456789abcdef"
    }) && aws_lambda_function.updater[0].reserved_concurrent_executions == 1 && length(aws_lambda_function.updater[0].vpc_config) == 0
    error_message = "The updater knows whose addresses it registers where, runs once at a time, and needs no network."
  }
  assert {
    condition = aws_iam_role_policy.updater[0].policy == jsonencode({ Version = "2012-10-17", Statement = [
      { Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Effect = "Allow", Resource = ["arn:aws:logs:eu-west-1:222222222222:log-group:/aws/lambda/rds-data-extractor-targets:*"], Sid = "WriteLog" },
      { Action = ["elasticloadbalancing:DescribeTargetHealth"], Effect = "Allow", Resource = ["*"], Sid = "DescribeTargets" },
      { Action = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"], Effect = "Allow",
      Resource = ["arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/rds-data-extractor-db/0123456789abcdef"], Sid = "ChangeTargets" },
      { Action = ["rds:DescribeDBInstances"], Effect = "Allow", Resource = ["arn:aws:rds:eu-west-1:222222222222:db:orders"], Sid = "DescribeInstances" },
    ] })
    error_message = "The updater may change this target group and describe this instance."
  }
  assert {
    condition     = keys(aws_db_event_subscription.this) == ["db-instance"] && aws_db_event_subscription.this["db-instance"].source_ids == toset(["orders"]) && aws_cloudwatch_event_rule.updater[0].schedule_expression == "rate(1 minute)"
    error_message = "It runs every minute and when RDS reports something of the instance."
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.targets : a.alarm_actions == toset(["arn:aws:sns:eu-west-1:222222222222:alarms"])]) && keys(aws_cloudwatch_metric_alarm.targets) == ["healthy", "stale"]
    error_message = "Targets that are not healthy or not the database's raise an alarm."
  }
  assert {
    condition     = output.endpoint_service_name == "com.amazonaws.vpce.eu-west-1.vpce-svc-0bbbbbbbbbbbbbbbb" && output.database_host == "orders.c1.eu-west-1.rds.amazonaws.com"
    error_message = "Account A's team learns the service and the database's name."
  }
}

run "a_cluster_s_readers" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    name                   = "extractor-of-the-orders-database-in-europe"
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    connectivity           = "privatelink"
    account_a_cidrs        = ["10.0.1.0/24"]
    db_instance_identifier = null
    db_cluster_identifier  = "orders"
    db_endpoint            = "reader"
    vpc_endpoint_ids       = ["vpce-0aaaaaaaaaaaaaaaa"]
  }
  assert {
    condition = jsonencode([for k in ["DB_CLUSTER_IDENTIFIER", "DB_ENDPOINT"] : aws_lambda_function.updater[0].environment[0].variables[k]]) == jsonencode(["orders", "reader"]) && (
    output.database_host == "orders.cluster-ro-c1.eu-west-1.rds.amazonaws.com")
    error_message = "The readers' addresses are registered, and the name is the readers'."
  }
  assert {
    condition     = keys(aws_db_event_subscription.this) == ["db-cluster"] && aws_vpc_endpoint_connection_accepter.this[0].vpc_endpoint_id == "vpce-0aaaaaaaaaaaaaaaa" && length(aws_lb.this[0].name) <= 32
    error_message = "The cluster's failovers are reported, account A's endpoint is accepted, and names are as long as load balancers take them."
  }
}

run "a_proxy" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    connectivity           = "privatelink"
    account_a_cidrs        = ["10.0.1.0/24"]
    db_instance_identifier = null
    db_proxy_name          = "orders"
    db_host                = "orders.proxy-c1.eu-west-1.rds.amazonaws.com"
  }
  assert {
    condition     = aws_lambda_function.updater[0].environment[0].variables["DB_HOST"] == "orders.proxy-c1.eu-west-1.rds.amazonaws.com" && length(aws_db_event_subscription.this) == 0 && length(aws_sns_topic.events) == 0
    error_message = "A proxy's addresses are those of its name, of which RDS reports nothing."
  }
}
