# Connectivity privatelink: a function that keeps the database's addresses registered with the load balancer, whose targets are
# addresses. It is outside any VPC: the names of databases that are not publicly accessible resolve to private addresses there too.
locals {
  updater     = "${var.name}-targets"
  updater_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.updater}"
  # RDS reports a cluster's failovers by the cluster, whose members change; it reports nothing of a name.
  events = !local.privatelink ? {} : { for k, v in {
    db-instance = { ids = compact([var.db_instance_identifier]), categories = ["availability", "failover", "maintenance", "recovery"] }
    db-cluster  = { ids = compact([var.db_cluster_identifier]), categories = ["failover", "maintenance", "notification"] }
  } : k => v if length(v.ids) > 0 && !local.by_name }
  by_name = var.db_instance_identifier == null && (var.db_cluster_identifier == null || !contains(["writer", "reader"], local.db_endpoint))

  updater_statements = [for s in [
    { Sid = "WriteLog", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${local.updater}:*"] },
    # The describing action has no resource-level permissions.
    { Sid = "DescribeTargets", Action = ["elasticloadbalancing:DescribeTargetHealth"], Resource = ["*"] },
    { Sid = "ChangeTargets", Action = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"], Resource = aws_lb_target_group.this[*].arn },
    { on = !local.by_name && var.db_cluster_identifier != null, Sid = "DescribeCluster", Action = ["rds:DescribeDBClusters"], Resource = ["${local.rds_arn}:cluster:${coalesce(var.db_cluster_identifier, "none")}"] },
    # A cluster gets other members.
    { on = !local.by_name, Sid = "DescribeInstances", Action = ["rds:DescribeDBInstances"], Resource = ["${local.rds_arn}:db:${coalesce(var.db_instance_identifier, "*")}"] },
  ] : { for k, v in merge({ Effect = "Allow" }, s) : k => v if k != "on" } if try(s.on, true)]
}

resource "aws_iam_role" "updater" {
  count                = local.privatelink ? 1 : 0
  name                 = local.updater
  path                 = var.role_path
  description          = "Keeps the targets of the data extractor's load balancer"
  permissions_boundary = var.account_b_permissions_boundary_arn
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
  tags                 = var.tags
}

resource "aws_iam_role_policy" "updater" {
  count  = local.privatelink ? 1 : 0
  name   = "updater"
  role   = aws_iam_role.updater[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.updater_statements })
}

resource "aws_cloudwatch_log_group" "updater" {
  # checkov:skip=CKV_AWS_158:The lines have addresses and counts, no data; a key would be one of this account's own.
  # checkov:skip=CKV_AWS_338:How long they are kept is a setting.
  count             = local.privatelink ? 1 : 0
  name              = "/aws/lambda/${local.updater}"
  retention_in_days = coalesce(var.account_b_access_log_days, 30)
  tags              = var.tags
}

# One run at a time: two with different answers of DNS could each deregister the other's target.
resource "aws_lambda_function" "updater" {
  # checkov:skip=CKV_AWS_116:A run that fails is repeated a minute later, and alarms.
  # checkov:skip=CKV_AWS_117:It calls public APIs and resolves public names, and needs no network.
  # checkov:skip=CKV_AWS_173:The variables have names, addresses and a port, no secret.
  # checkov:skip=CKV_AWS_272:Whoever may sign code of account B decides that; the package is the same in both accounts.
  count                          = local.privatelink ? 1 : 0
  function_name                  = local.updater
  description                    = "Registers the addresses of the database with the data extractor's load balancer"
  role                           = aws_iam_role.updater[0].arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.target_updater_package_file
  source_code_hash               = filebase64sha256(var.target_updater_package_file)
  memory_size                    = 128
  timeout                        = 300
  reserved_concurrent_executions = 1
  tags                           = var.tags

  environment {
    variables = { for k, v in {
      TARGET_GROUP_ARN       = aws_lb_target_group.this[0].arn
      DB_INSTANCE_IDENTIFIER = local.by_name ? null : var.db_instance_identifier
      DB_CLUSTER_IDENTIFIER  = local.by_name ? null : var.db_cluster_identifier
      DB_ENDPOINT            = local.by_name || var.db_cluster_identifier == null ? null : local.db_endpoint
      DB_HOST                = local.by_name ? var.db_host : null
      DB_PORT                = tostring(var.db_port)
      ALLOWED_CIDRS          = join(",", local.entry_cidrs)
    } : k => v if v != null }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "TRACE"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.updater[0].name
  }

  tracing_config {
    mode = "PassThrough"
  }

  depends_on = [aws_iam_role_policy.updater]
}

# The next minute comes anyway.
resource "aws_lambda_function_event_invoke_config" "updater" {
  count                        = local.privatelink ? 1 : 0
  function_name                = aws_lambda_function.updater[0].function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 900
}

resource "aws_cloudwatch_event_rule" "updater" {
  count               = local.privatelink ? 1 : 0
  name                = local.updater
  description         = "Looks every minute whether the database's addresses are registered"
  schedule_expression = "rate(1 minute)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "updater" {
  count = local.privatelink ? 1 : 0
  rule  = aws_cloudwatch_event_rule.updater[0].name
  arn   = aws_lambda_function.updater[0].arn
}

resource "aws_lambda_permission" "schedule" {
  count         = local.privatelink ? 1 : 0
  statement_id  = "schedule"
  function_name = aws_lambda_function.updater[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.updater[0].arn
}

# RDS reports failovers before the names lead elsewhere; the function then watches for minutes.
resource "aws_sns_topic" "events" {
  # checkov:skip=CKV_AWS_26:The events have names and times, no data, and RDS could not publish with the key of AWS.
  count = length(local.events) > 0 ? 1 : 0
  name  = "${var.name}-database-events"
  tags  = var.tags
}

resource "aws_sns_topic_policy" "events" {
  count = length(local.events) > 0 ? 1 : 0
  arn   = aws_sns_topic.events[0].arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid       = "EventsOfRds"
    Effect    = "Allow"
    Principal = { Service = "events.rds.amazonaws.com" }
    Action    = "sns:Publish"
    Resource  = aws_sns_topic.events[0].arn
    Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
  }] })
}

resource "aws_db_event_subscription" "this" {
  for_each         = local.events
  name             = "${var.name}-${each.key}"
  sns_topic        = aws_sns_topic.events[0].arn
  source_type      = each.key
  source_ids       = each.value.ids
  event_categories = each.value.categories
  tags             = var.tags

  depends_on = [aws_sns_topic_policy.events]
}

resource "aws_lambda_permission" "events" {
  count         = length(local.events) > 0 ? 1 : 0
  statement_id  = "events"
  function_name = aws_lambda_function.updater[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.events[0].arn
}

resource "aws_sns_topic_subscription" "events" {
  count     = length(local.events) > 0 ? 1 : 0
  topic_arn = aws_sns_topic.events[0].arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.updater[0].arn

  depends_on = [aws_lambda_permission.events]
}

# The first run, so that the targets are there, and what cannot work fails here.
resource "aws_lambda_invocation" "first" {
  count         = local.privatelink ? 1 : 0
  function_name = aws_lambda_function.updater[0].function_name
  input         = jsonencode({ first = true })
  triggers      = { settings = sha256(jsonencode(aws_lambda_function.updater[0].environment)) }

  depends_on = [aws_lb_listener.this, aws_vpc_security_group_egress_rule.entry, aws_vpc_security_group_ingress_rule.entry]
}

# No data means no run that has seen the database's addresses: the alarm then tells that it knows nothing.
resource "aws_cloudwatch_metric_alarm" "targets" {
  for_each = !local.privatelink ? {} : {
    healthy = { metric = "Healthy", statistic = "Minimum", operator = "LessThanThreshold", threshold = 1, periods = 10,
    description = "No target of the load balancer is healthy, or nobody looks: the database's security groups, or the log of ${local.updater}" }
    stale = { metric = "DisagreementAge", statistic = "Maximum", operator = "GreaterThanThreshold", threshold = 900, periods = 1,
    description = "The load balancer's targets have not been the database's addresses for 15 minutes: see the log of ${local.updater}" }
  }
  alarm_name                = "${local.updater}-${each.key}"
  alarm_description         = each.value.description
  namespace                 = "RdsDataExtractor"
  metric_name               = each.value.metric
  dimensions                = { FunctionName = local.updater }
  statistic                 = each.value.statistic
  period                    = 60
  evaluation_periods        = each.value.periods
  comparison_operator       = each.value.operator
  threshold                 = each.value.threshold
  treat_missing_data        = "missing"
  alarm_actions             = compact([var.account_b_alarm_topic_arn])
  ok_actions                = compact([var.account_b_alarm_topic_arn])
  insufficient_data_actions = compact([var.account_b_alarm_topic_arn])
  tags                      = var.tags
}
