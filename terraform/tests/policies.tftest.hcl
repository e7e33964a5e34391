# Every policy is exactly that in tests/policies.
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
    condition = jsonencode(merge({ endpoint_policies = { for name, p in output.endpoint_policies : name => jsondecode(p) } },
      { for name, p in merge(output.policies, { function = output.function_policy_json, key = output.key_policy_json }) : name => try(jsondecode(p), null) }
    )) == jsonencode(jsondecode(file("./tests/policies/usual.json")))
    error_message = "A policy is not as tests/policies/usual.json has it (terraform test -verbose shows the outputs)."
  }
}

run "everything" {
  variables {
    role_path                          = "/data/"
    permissions_boundary_arn           = "arn:aws:iam::111111111111:policy/boundary"
    account_b_permissions_boundary_arn = "arn:aws:iam::222222222222:policy/boundary"
    organization_id                    = "o-a1b2c3d4e5"
    cross_account_role_name            = "CrossAccountRDSAccessRole"
    db_instance_identifier             = null
    db_cluster_identifier              = "orders"
    db_secret_arn                      = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!db-1-AbCdEf"
    db_secret_kms_key_arn              = "arn:aws:kms:eu-west-1:222222222222:key/s"
    db_auth                            = "iam"
    db_resource_id                     = "cluster-ABC"
    allow_discover                     = true
    configuration_store                = "secret"
    allowed_config_params              = ["/cross-account/other", "/myapp/db/"]
    allowed_query_params               = ["/queries/*"]
    allowed_buckets                    = ["data-extraction-bucket", "acme-*", "arn:aws:s3:eu-west-1:111111111111:accesspoint/exports"]
    allowed_role_arns                  = ["arn:aws:iam::333333333333:role/C", "arn:aws:iam::*:role/Reader"]
    bucket_encryption                  = "aws:kms"
    endpoint_policy                    = "function"
    environment                        = { S3_TAGS = "team=data", S3_ACL = "bucket-owner-full-control" }
    allow_delete                       = true
    xray                               = true
    schedules                          = { nightly = { expression = "cron(0 2 * * ? *)", timezone = "Europe/Berlin", event = "{\"keyPrefix\":\"exports/nightly\"}" } }
    event_queue                        = {}
    event_rule                         = { pattern = "{\"source\":[\"app\"]}" }
  }
  assert {
    condition = jsonencode(merge({ endpoint_policies = { for name, p in output.endpoint_policies : name => jsondecode(p) } },
      { for name, p in merge(output.policies, { function = output.function_policy_json, key = output.key_policy_json }) : name => try(jsondecode(p), null) }
    )) == jsonencode(jsondecode(file("./tests/policies/everything.json")))
    error_message = "A policy is not as tests/policies/everything.json has it (terraform test -verbose shows the outputs)."
  }

  assert {
    condition     = [for r in [aws_iam_role.function[0], aws_iam_role.scheduler[0]] : "${r.path} ${r.permissions_boundary}"] == ["/data/ arn:aws:iam::111111111111:policy/boundary", "/data/ arn:aws:iam::111111111111:policy/boundary"]
    error_message = "Roles have path and boundary."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "The function answers record by record."
  }
  assert {
    condition     = aws_lambda_permission.rule[0].source_account == "111111111111" && aws_lambda_permission.rule[0].source_arn == aws_cloudwatch_event_rule.this[0].arn && aws_lambda_permission.rule[0].qualifier == "live"
    error_message = "Only this rule of this account may invoke, through the alias."
  }
}

run "perimeter_of_the_accounts" {
  command = plan
  variables {
    endpoint_policy = "perimeter"
  }
  assert {
    condition     = { for name, p in output.endpoint_policies : name => [for s in jsondecode(p).Statement : s.Sid] } == { ssm = ["Perimeter"], sts = ["Perimeter", "RolesByToken"], rds = ["Perimeter"], s3 = ["Perimeter", "Reading"] }
    error_message = "Pods get their roles and packages are read, whatever the perimeter."
  }
  assert {
    condition     = jsondecode(output.endpoint_policies["rds"]).Statement[0].Condition == { StringEquals = { "aws:PrincipalAccount" = ["111111111111", "222222222222"] } }
    error_message = "Both accounts are within the perimeter: the function calls RDS as a role of account B."
  }
}

run "perimeter_of_an_organisation" {
  command = plan
  variables {
    endpoint_policy = "perimeter"
    organization_id = "o-a1b2c3d4e5"
  }
  assert {
    condition     = jsondecode(output.endpoint_policies["ssm"]).Statement[0].Condition == { StringEquals = { "aws:PrincipalOrgID" = ["o-a1b2c3d4e5"] } }
    error_message = "The organisation is the perimeter where it is named."
  }
}

run "unusual_use_of_the_role" {
  module {
    source = "./modules/assume_role_alarm"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "x"
    cloudtrail_log_group = "trail"
    role_arn             = "arn:aws:iam::222222222222:role/B"
    function_role_arn    = "arn:aws:iam::111111111111:role/x"
    alarm_topic_arns     = ["arn:aws:sns:eu-west-1:111111111111:topic"]
  }
  assert {
    condition     = output.pattern == "{ ($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"arn:aws:iam::222222222222:role/B\") && (($.errorCode = \"*\") || ($.userIdentity.sessionContext.sessionIssuer.userName != \"x\")) }"
    error_message = "Refusals and other callers count."
  }
}

run "unusual_use_of_the_role_seen_from_its_own_account" {
  module {
    source = "./modules/assume_role_alarm"
  }
  providers = { aws = aws.b }
  variables {
    name                 = "x"
    cloudtrail_log_group = "trail"
    role_arn             = "arn:aws:iam::222222222222:role/B"
    function_role_arn    = "arn:aws:iam::111111111111:role/x"
    alarm_topic_arns     = ["arn:aws:sns:eu-west-1:222222222222:topic"]
  }
  assert {
    condition     = output.pattern == "{ ($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"arn:aws:iam::222222222222:role/B\") && (($.errorCode = \"*\") || ($.userIdentity.accountId != \"111111111111\") || ($.requestParameters.roleSessionName != \"LambdaDataExtraction-*\")) }"
    error_message = "That account's trail does not name the calling role: its account and the session's name count."
  }
}

run "proxy" {
  variables {
    db_instance_identifier = null
    db_proxy_name          = "orders"
    db_endpoint            = "reader"
    endpoint_policy        = "function"
  }
  assert {
    condition = jsonencode([for s in jsondecode(output.policies.cross_account).Statement : s if s.Sid == "DescribeProxy"]) == jsonencode([{
      Action   = ["rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints"], Effect = "Allow"
      Resource = ["arn:aws:rds:eu-west-1:222222222222:db-proxy:*", "arn:aws:rds:eu-west-1:222222222222:db-proxy-endpoint:*"], Sid = "DescribeProxy"
    }])
    error_message = "The role describes proxies and their endpoints."
  }
  assert {
    condition     = strcontains(output.endpoint_policies.rds, "rds:DescribeDBProxyEndpoints") && strcontains(output.endpoint_policies.rds, ":db-proxy:*")
    error_message = "The endpoint of RDS lets the calls pass."
  }
  assert {
    condition     = local.configuration.dbProxyName == "orders" && local.configuration.endpoint == "reader"
    error_message = "The configuration names the proxy."
  }
}

run "proxy_by_id" {
  variables {
    db_instance_identifier = null
    db_proxy_name          = "orders"
    db_auth                = "iam"
    db_resource_id         = "prx-0123456789abcdef0"
  }
  assert {
    condition = jsonencode([for s in jsondecode(output.policies.cross_account).Statement : [s.Action, s.Resource] if s.Sid == "DescribeProxy"]) == jsonencode([
    [["rds:DescribeDBProxies"], ["arn:aws:rds:eu-west-1:222222222222:db-proxy:prx-0123456789abcdef0"]]])
    error_message = "One proxy is described where its id is known, and no endpoint."
  }
}

run "custom_endpoint" {
  variables {
    db_instance_identifier = null
    db_cluster_identifier  = "orders"
    db_endpoint            = "exports"
  }
  assert {
    condition = jsonencode([for s in jsondecode(output.policies.cross_account).Statement : [s.Action, s.Resource] if s.Sid == "DescribeEndpoint"]) == jsonencode([
    [["rds:DescribeDBClusterEndpoints"], ["arn:aws:rds:eu-west-1:222222222222:cluster:orders", "arn:aws:rds:eu-west-1:222222222222:cluster-endpoint:exports"]]])
    error_message = "The role describes the custom endpoint."
  }
}

run "load_balancer" {
  variables {
    db_instance_identifier = null
    db_host                = "orders.elb.eu-west-1.amazonaws.com"
    db_port                = 6432
    db_tls_server_name     = "orders.c1.eu-west-1.rds.amazonaws.com"
    db_database_port       = 5432
    db_auth                = "iam"
    db_resource_id         = "db-ABC"
  }
  assert {
    condition     = local.configuration.port == 6432 && local.configuration.databasePort == 5432 && local.configuration.tlsServerName == "orders.c1.eu-west-1.rds.amazonaws.com"
    error_message = "The configuration has the listener's port, and the database's own name and port."
  }
}

run "long_runs" {
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    endpoint_policy     = "function"
    bucket_encryption   = "aws:kms"
    xray                = true
  }
  assert {
    condition = jsonencode(merge({ endpoint_policies = { for name in ["ecr.api", "ecr.dkr", "logs", "s3", "ssm", "sts"] : name => jsondecode(output.endpoint_policies[name]) } },
      { for name, p in merge(output.long_runs.policies, { cross_account_trust = output.policies.cross_account_trust, key = output.key_policy_json }) : name => jsondecode(p) }
    )) == jsonencode(jsondecode(file("./tests/policies/long_runs.json")))
    error_message = "A policy is not as tests/policies/long_runs.json has it (terraform test -verbose shows the outputs)."
  }
}
