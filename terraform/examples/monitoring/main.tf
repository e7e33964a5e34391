# Monitoring of an account rather than of one function: a budget, flow logs of rejected connections, alarms on the database.

provider "aws" {
  region = "eu-west-1"
}

locals {
  topic_arn = "arn:aws:sns:eu-west-1:111111111111:alarms" # of the account of each
}

resource "aws_budgets_budget" "this" {
  name         = "data-extraction"
  budget_type  = "COST"
  limit_amount = "50"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = [local.topic_arn]
  }
}

resource "aws_flow_log" "rejected" {
  vpc_id               = "vpc-0aaaaaaaaaaaaaaaa"
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::acme-flow-logs"
}

resource "aws_cloudwatch_metric_alarm" "database" {
  for_each = {
    CPUUtilization      = { operator = "GreaterThanThreshold", threshold = 90 }
    DatabaseConnections = { operator = "GreaterThanThreshold", threshold = 80 }
    FreeStorageSpace    = { operator = "LessThanThreshold", threshold = 5 * 1024 * 1024 * 1024 }
  }
  alarm_name          = "orders-${each.key}"
  namespace           = "AWS/RDS"
  metric_name         = each.key
  dimensions          = { DBInstanceIdentifier = "orders" }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  alarm_actions       = [local.topic_arn]
}
