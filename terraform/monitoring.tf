locals {
  # The metrics that the function writes (EMF): Runs, Rows, Bytes, Duration; dimensions FunctionName and outcome (Success or an errorType).
  namespace        = "RdsDataExtractor"
  topic_arn        = var.alarm_topic_arn != null ? var.alarm_topic_arn : aws_sns_topic.alarms[0].arn
  alarmed          = { for label, name in local.queues : label => name if label != "extractions" }
  alias_dimensions = { FunctionName = var.name, Resource = "${var.name}:live" }

  alarms = merge({
    errors    = { space = "AWS/Lambda", metric = "Errors", at = local.alias_dimensions, above = 0, text = "A run failed: look at the log, or run deploy.sh diagnose" }
    throttles = { space = "AWS/Lambda", metric = "Throttles", at = local.alias_dimensions, above = 0, text = "Lambda refused a run: too many at a time" }
    # In milliseconds.
    duration = { space = "AWS/Lambda", metric = "Duration", at = local.alias_dimensions, above = var.timeout * 10 * 85, text = "A run took over 85 percent of the timeout: more memory, parallelism, or a smaller query" }
    }, { for label, name in local.alarmed : "queue-${label}" => {
      space                                                                      = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", at = { QueueName = name }, above = 0, text = "Queue ${name} holds extractions that failed or could not be delivered"
      } }, merge([for machine in local.machines : { for metric, what in { Failed = "failed", TimedOut = "took too long", Aborted = "was stopped" } : "${machine}-${lower(metric)}" => {
        space                                                                    = "AWS/States", metric = "Executions${metric}", above = 0, text = "An execution of ${var.name}-${machine} ${what}: ./deploy.sh status shows which"
        at                                                                       = { StateMachineArn = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${var.name}-${machine}" }
      } }]...), { for type in ["AssumeRoleDenied", "AssumeRoleFailed", "ConnectTimeout"] : type => {
      space = local.namespace, metric = "Runs", at = { FunctionName = var.name, outcome = type }, above = 0, text = "Runs fail with errorType ${type}: docs/errors.md has its cause and what fixes it"
  } })
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  provider            = aws.a
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.space
  metric_name         = each.value.metric
  dimensions          = each.value.at
  statistic           = contains(["Errors", "Throttles", "Runs"], each.value.metric) || startswith(each.value.metric, "Executions") ? "Sum" : "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "no_success" {
  provider            = aws.a
  count               = var.no_success_hours == null ? 0 : 1
  alarm_name          = "${var.name}-no-success"
  alarm_description   = "No run has succeeded for ${var.no_success_hours} hours"
  namespace           = local.namespace
  metric_name         = "Runs"
  dimensions          = { FunctionName = var.name, outcome = "Success" }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.no_success_hours
  datapoints_to_alarm = var.no_success_hours
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  # The metric counts successes only: if there are none for that long, the state is INSUFFICIENT_DATA. A new alarm starts in that
  # state without a transition, so that the first deployment does not alarm.
  treat_missing_data        = "missing"
  alarm_actions             = [local.topic_arn]
  insufficient_data_actions = [local.topic_arn]
  tags                      = local.tags
}

resource "aws_sns_topic" "alarms" {
  provider          = aws.a
  count             = var.alarm_topic_arn == null ? 1 : 0
  name              = "${var.name}-alarms"
  kms_master_key_id = local.kms_key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  provider = aws.a
  count    = var.alarm_topic_arn == null ? 1 : 0
  arn      = aws_sns_topic.alarms[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms[0].arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  provider  = aws.a
  for_each  = toset(var.alarm_topic_arn == null && var.alarm_email != null ? [var.alarm_email] : [])
  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = each.value
}

locals {
  widgets = [
    { title = "Runs", metrics = [
      ["AWS/Lambda", "Invocations", "FunctionName", var.name, { stat = "Sum" }],
      [".", "Errors", ".", ".", { stat = "Sum" }],
      [".", "Throttles", ".", ".", { stat = "Sum" }],
    ] },
    { title = "Duration (ms)", metrics = [
      ["AWS/Lambda", "Duration", "FunctionName", var.name, { stat = "Maximum" }],
      ["...", { stat = "Average" }],
    ] },
    { title = "Rows", metrics = [[local.namespace, "Rows", "FunctionName", var.name, { stat = "Sum" }]] },
    { title = "Bytes", metrics = [[local.namespace, "Bytes", "FunctionName", var.name, { stat = "Sum" }]] },
    { title = "Runs by outcome", metrics = [
      [{ expression = "SEARCH('{${local.namespace},FunctionName,outcome} MetricName=\"Runs\" FunctionName=\"${var.name}\"', 'Sum', 300)" }]
    ] },
    { title = "Queues", metrics = [for label, name in local.queues :
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { stat = "Maximum", label = label }]
    ] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  provider       = aws.a
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for i, w in [for w in local.widgets : w if length(w.metrics) > 0] : {
      type       = "metric"
      x          = (i % 2) * 12
      y          = floor(i / 2) * 6
      width      = 12
      height     = 6
      properties = { title = w.title, region = local.region, metrics = w.metrics, period = 300, view = "timeSeries" }
    }]
  })
}

module "assume_role_alarm" {
  source               = "./modules/assume_role_alarm"
  count                = var.cloudtrail_log_group == null ? 0 : 1
  providers            = { aws = aws.a }
  name                 = "${var.name}-assume-role"
  tags                 = local.tags
  cloudtrail_log_group = var.cloudtrail_log_group
  role_arn             = local.role_arn_b
  function_role_arn    = local.function_role_arn
  alarm_topic_arns     = [local.topic_arn]
}
