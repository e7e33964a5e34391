# The root module and its submodules, composed as users compose them.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

run "usual" {
  assert {
    condition     = [for s in aws_vpc_endpoint.interface : length(s.subnet_ids)] == [1, 1, 1] && join(" ", keys(aws_vpc_endpoint.interface)) == "rds ssm sts"
    error_message = "One subnet a zone, of two that lie in the same one, and no endpoint but those that are needed."
  }
  assert {
    condition     = join(" ", output.function_cidrs) == "10.0.1.0/24" && keys(aws_route.to_b) == ["rtb-0aaaaaaaaaaaaaaaa 10.1.0.0/16"]
    error_message = "Networks are read off the subnets and the VPC."
  }
  assert {
    condition     = { for k, r in aws_vpc_security_group_egress_rule.this : k => r.from_port } == { "database 10.1.0.0/16" = 5432, "https 10.0.0.0/16" = 443, s3 = 443 } && aws_vpc_security_group_egress_rule.this["s3"].prefix_list_id == "pl-6da54004"
    error_message = "The function reaches the database, the VPC's endpoints and S3, and nothing else."
  }
  assert {
    condition     = aws_lambda_function.this.logging_config[0].application_log_level == "TRACE" && aws_lambda_function.this.environment[0].variables.LOG_LEVEL == "info"
    error_message = "Lambda drops no line; the function goes by LOG_LEVEL."
  }
  assert {
    condition     = [output.db_config_param, output.cross_account_role_arn] == ["/rds-data-extractor/db-config", "arn:aws:iam::222222222222:role/rds-data-extractor-database"]
    error_message = "Names derive from name."
  }
  assert {
    condition     = join(" ", sort(output.alarm_names)) == "rds-data-extractor-AssumeRoleDenied rds-data-extractor-AssumeRoleFailed rds-data-extractor-ConnectTimeout rds-data-extractor-duration rds-data-extractor-errors rds-data-extractor-queue-failures rds-data-extractor-throttles"
    error_message = "Other alarms than expected."
  }
  assert {
    condition     = alltrue([for k, a in aws_cloudwatch_metric_alarm.this : a.ok_actions == null && (k != "errors" || a.dimensions == tomap({ FunctionName = "rds-data-extractor", Resource = "rds-data-extractor:live" }))]) && aws_cloudwatch_metric_alarm.this["duration"].threshold == 765000
    error_message = "Alarms are the alias's own, near the timeout, and a new one says nothing."
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.treat_missing_data == "notBreaching"])
    error_message = "There are figures of failures only where there were some: none is no failure, before the first run above all."
  }
}

run "discover_from_outside_any_vpc" {
  variables {
    connectivity              = "existing"
    account_b_vpc_id          = null
    account_a_subnet_ids      = []
    account_a_route_table_ids = []
    account_b_route_table_ids = []
    db_security_group_ids     = []
    allow_discover            = true
    log_level                 = "ERROR"
  }
  assert {
    condition     = aws_lambda_function.this.logging_config[0].application_log_level == "TRACE" && aws_lambda_function.this.environment[0].variables.LOG_LEVEL == "error"
    error_message = "Whatever LOG_LEVEL, Lambda drops no line of the function: metrics and progress have levels, too."
  }
  assert {
    condition     = length(output.endpoint_policies) == 0 && output.peering_connection_id == null && length(aws_security_group.function) == 0 && length(aws_lambda_function.this.vpc_config) == 0
    error_message = "Without a VPC there are neither endpoints nor a peering nor a group."
  }
  assert {
    condition     = !strcontains(output.function_policy_json, "ec2:CreateNetworkInterface")
    error_message = "Without a VPC Lambda makes no network interfaces."
  }
}

run "a_host_needs_no_rds" {
  command = plan
  variables {
    db_host          = "db.example.com"
    account_b_region = "us-east-1"
  }
  assert {
    condition     = join(" ", keys(aws_vpc_endpoint.interface)) == "ssm sts" && jsondecode(output.configuration).region == "us-east-1"
    error_message = "Who knows the host does not ask RDS, wherever it is."
  }
}

run "events_may_name_tables" {
  command = plan
  variables {
    allow_event_query = false
    allowed_tables    = ["public.*", "sales.orders"]
    environment       = { PARALLELISM = "4" }
  }
  assert {
    condition     = [for name in ["ALLOW_EVENT_QUERY", "ALLOWED_TABLES", "PARALLELISM"] : aws_lambda_function.this.environment[0].variables[name]] == ["false", "public.*,sales.orders", "4"]
    error_message = "The function knows the tables that events may name, and how many connections read them."
  }
}

run "overview_beside_it" {
  variables {
    overview           = true
    overview_role_arns = ["arn:aws:iam::333333333333:role/Overview"]
    role_path          = "/data/"
    environment        = { OVERVIEW_TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:ours" }
  }
  assert {
    condition     = [output.overview.page, output.overview.topic_arn] == ["s3://data-extraction-bucket/overview/index.html", "arn:aws:sns:eu-west-1:111111111111:ours"]
    error_message = "The page lies in the exports' bucket; a topic that exists is used."
  }
  assert {
    condition = jsondecode(output.overview.event).roles == [
      { roleArn = "arn:aws:iam::222222222222:role/data/rds-data-extractor-overview", externalId = var.external_id, region = "eu-west-1" },
      { roleArn = "arn:aws:iam::333333333333:role/Overview", externalId = var.external_id },
    ]
    error_message = "It asks as the role of account B, and as those of further accounts: ${output.overview.event}"
  }
}

run "what_exists_already_is_used" {
  command = plan
  variables {
    peering_connection_id = "pcx-0123456789abcdef0"
    existing_endpoints    = ["ssm", "s3"]
    account_b_cidrs       = ["10.1.0.0/16", "100.64.0.0/16"]
  }
  assert {
    condition     = length(aws_vpc_peering_connection.this) == 0 && length(module.account_b[0].trust_json) > 0 && [for r in aws_route.to_b : "${r.destination_cidr_block} ${r.vpc_peering_connection_id}"] == ["10.1.0.0/16 pcx-0123456789abcdef0", "100.64.0.0/16 pcx-0123456789abcdef0"]
    error_message = "Over a peering that exists, just the routes are made, one for each network."
  }
  assert {
    condition     = join(" ", keys(aws_vpc_endpoint.interface)) == "rds sts" && length(aws_vpc_endpoint.s3) == 0 && join(" ", keys(aws_vpc_security_group_egress_rule.this)) == "database 10.1.0.0/16 database 100.64.0.0/16 https 0.0.0.0/0 s3"
    error_message = "Endpoints that exist are used, wherever they are."
  }
}

run "account_a_alone" {
  variables {
    side            = "a"
    account_b_cidrs = ["10.1.0.0/16"]
  }
  assert {
    condition     = length(module.account_b) == 0 && output.peering_connection_id != null && output.policies.cross_account == null
    error_message = "Account B's side is its team's."
  }
}

run "our_own_peering" {
  command = plan
  override_data {
    target = data.aws_vpc_peering_connections.between
    values = { ids = ["pcx-0123456789abcdef0"] }
  }
}

run "edits_are_written" {
  command = plan
  variables {
    db_host = "db.example.com"
  }
  assert {
    condition     = aws_ssm_parameter.configuration[0].value_wo_version != run.usual.configuration_version
    error_message = "Another host is another version."
  }
}

run "another_key_is_written" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111111111111:key/mine"
  }
  assert {
    condition     = aws_ssm_parameter.configuration[0].value_wo_version != run.usual.configuration_version
    error_message = "Under another key the value is written anew; with the same version the provider would send an empty one."
  }
}

run "configuration_in_a_secret" {
  variables {
    configuration_store = "secret"
    db_config_param     = "/cross-account/db-config"
  }
  assert {
    condition     = aws_secretsmanager_secret.configuration[0].name_prefix == "cross-account/db-config-" && output.db_config_param == "/aws/reference/secretsmanager/${output.configuration_secret_name}"
    error_message = "A secret's name is never one that is being deleted, and the function is told it."
  }
}

run "bucket_of_a_third_account_under_its_key" {
  variables {
    bucket          = "existing"
    s3_bucket_owner = "333333333333"
    s3_kms_key_id   = "arn:aws:kms:eu-west-1:333333333333:key/b"
  }
  assert {
    condition     = output.policies.bucket == null && length(module.bucket) == 0
    error_message = "The owner's policy is left alone."
  }
  assert {
    condition = alltrue([for s in jsondecode(output.function_policy_json).Statement :
    s.Condition.StringEquals["aws:ResourceAccount"] == "333333333333" if contains(["WriteObjects", "ListObjects", "FindUploads"], s.Sid)])
    error_message = "The function writes into the third account's bucket and no namesake of it."
  }
  assert {
    condition     = one([for s in jsondecode(output.function_policy_json).Statement : s if s.Sid == "EncryptObjects"]).Resource == ["arn:aws:kms:eu-west-1:333333333333:key/b"]
    error_message = "Multipart uploads under a customer key need GenerateDataKey and Decrypt."
  }
}

run "everything_brought_along" {
  variables {
    bucket                  = "existing"
    kms_key_arn             = "arn:aws:kms:eu-west-1:111111111111:key/mine"
    function_role_arn       = "arn:aws:iam::111111111111:role/data/extractor"
    log_group_name          = "/data/extractor"
    failure_destination_arn = "arn:aws:sns:eu-west-1:111111111111:data-failures"
    alarm_topic_arn         = "arn:aws:sns:eu-west-1:111111111111:alarms"
    configuration_store     = "existing"
    db_config_param         = "/myapp/db/"
  }
  assert {
    condition = [output.function_role_arn, output.kms_key_arn, output.log_group_name, output.alarm_topic_arn, output.db_config_param] == [
    "arn:aws:iam::111111111111:role/data/extractor", "arn:aws:kms:eu-west-1:111111111111:key/mine", "/data/extractor", "arn:aws:sns:eu-west-1:111111111111:alarms", "/myapp/db/"]
    error_message = "What exists is used."
  }
  assert {
    condition     = jsondecode(output.policies.cross_account_trust).Statement[0].Condition.StringEquals["aws:PrincipalArn"] == "arn:aws:iam::111111111111:role/data/extractor"
    error_message = "B trusts the role that was brought along, with its path."
  }
  assert {
    condition     = one([for s in jsondecode(output.function_policy_json).Statement : s.Action if s.Sid == "ReportFailures"]) == ["sns:Publish"] && strcontains(output.key_policy_json, "LogsEncrypt")
    error_message = "What the role and the key must allow is said."
  }
}

run "schedules_keep_their_retries_where_nothing_is_written_twice" {
  variables {
    if_exists        = "skip"
    no_success_hours = 26
    live_version     = 3
    schedules = {
      news  = { expression = "rate(1 hour)", event = "{\"table\":\"sales.orders\",\"incremental\":{\"stream\":\"orders\"},\"keyPrefix\":\"exports\"}" }
      never = { expression = "rate(1 hour)", event = "{\"table\":\"sales.orders\",\"incremental\":{\"stream\":\"orders\"}}", retries = 0 }
      none  = { expression = "rate(1 hour)", event = "{\"table\":\"sales.orders\",\"incremental\":null}" }
      often = { expression = "rate(1 hour)", event = "{\"table\":\"sales.items\",\"incremental\":{\"stream\":\"items\"}}", retries = 3 }
      once  = { expression = "rate(1 day)", event = "{\"fileName\":\"users-{date}.csv\"}" }
      twice = { expression = "rate(1 day)", event = "{\"keyPrefix\":\"exports/nightly\"}" }
    }
  }
  assert {
    condition     = { for name, s in aws_scheduler_schedule.this : name => s.target[0].retry_policy[0].maximum_retry_attempts } == { news = 185, never = 0, none = 0, often = 3, once = 185, twice = 0 }
    error_message = "An incremental export, or a file name and skip, or no second delivery."
  }
  assert {
    condition     = jsondecode(aws_scheduler_schedule.this["twice"].target[0].input) == { keyPrefix = "exports/nightly", raiseOnError = true }
    error_message = "A schedule's event carries raiseOnError."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.no_success[0].treat_missing_data == "missing" && length(aws_cloudwatch_metric_alarm.no_success[0].insufficient_data_actions) == 1
    error_message = "Successes have no figures where there were none. Were these breaching, a new alarm would go off at the first deployment, before any run; missing, it is born in INSUFFICIENT_DATA, and alarms when it comes back to it."
  }
  assert {
    condition     = aws_lambda_alias.live.function_version == "3"
    error_message = "live_version holds the alias."
  }
}

run "the_database_admits_the_functions_group" {
  variables {
    db_admit = "security_group"
  }
  assert {
    condition     = output.function_security_group_id == "sg-0aaaaaaaaaaaaaaaa" && length(module.account_b) == 1
    error_message = "Account B's side is told the group by its account and id, as it wants it."
  }
}

run "rules_of_account_b" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn       = "arn:aws:iam::111111111111:role/x"
    account_a_cidrs         = ["10.0.1.0/24", "100.64.0.0/16"]
    function_security_group = "111111111111/sg-0aaaaaaaaaaaaaaaa"
    connectivity            = "peering"
    peering_connection_id   = "pcx-0123456789abcdef0"
  }
  assert {
    condition = [for r in aws_vpc_security_group_ingress_rule.group : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port, r.ip_protocol]] == [
    ["sg-0bbbbbbbbbbbbbbbb", "111111111111/sg-0aaaaaaaaaaaaaaaa", 5432, 5432, "tcp"]] && length(aws_vpc_security_group_ingress_rule.cidr) == 0
    error_message = "The database admits the function's group at 5432 alone."
  }
  assert {
    condition     = join(" ", [for r in aws_route.to_a : r.destination_cidr_block]) == "10.0.1.0/24 100.64.0.0/16" && aws_vpc_peering_connection_options.this["this"].accepter[0].allow_remote_vpc_dns_resolution
    error_message = "Routes lead back to each network, and names resolve to private addresses."
  }
}
