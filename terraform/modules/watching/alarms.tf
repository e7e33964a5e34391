locals {
  # What the function writes (EMF): metrics Runs, Rows, Bytes, Duration; dimensions FunctionName and outcome (Success or an errorType).
  namespace         = "RdsDataExtractor"
  alias_dimensions  = { FunctionName = var.function_name, Resource = "${var.function_name}:${var.alias_name}" }
  function_failures = { for t in var.failure_types : t => { FunctionName = var.function_name, outcome = t } }

  lambda_alarms = {
    errors    = { metric = "Errors", statistic = "Sum", threshold = 0, text = "A run failed: look at the log, or run deploy.sh diagnose" }
    throttles = { metric = "Throttles", statistic = "Sum", threshold = 0, text = "Lambda refused a run: too many at a time" }
    duration = { metric = "Duration", statistic = "Maximum", threshold = var.function_timeout * 10 * var.duration_percent,
    text = "A run took over ${var.duration_percent} percent of the timeout: more memory, parallelism, or a smaller query" }
  }
}

resource "aws_cloudwatch_metric_alarm" "lambda" {
  for_each            = local.lambda_alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = local.alias_dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  for_each            = var.queues
  alarm_name          = "${var.name}-queue-${each.key}"
  alarm_description   = "Queue ${each.value} holds extractions that failed or could not be delivered"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "failure" {
  for_each            = local.function_failures
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Runs fail with errorType ${each.key}: its row in docs/errors.md has cause and fix"
  namespace           = local.namespace
  metric_name         = "Runs"
  dimensions          = each.value
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "no_success" {
  count               = var.no_success_hours == null ? 0 : 1
  alarm_name          = "${var.name}-no-success"
  alarm_description   = "No run has succeeded for ${var.no_success_hours} hours"
  namespace           = local.namespace
  metric_name         = "Runs"
  dimensions          = { FunctionName = var.function_name, outcome = "Success" }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.no_success_hours
  datapoints_to_alarm = var.no_success_hours
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  # No run at all is just what this alarm is for.
  treat_missing_data = "breaching"
  alarm_actions      = [local.topic_arn]
  ok_actions         = [local.topic_arn]
  tags               = var.tags
}
