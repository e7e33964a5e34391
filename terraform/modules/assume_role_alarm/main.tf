# Unusual: the role was refused to someone, or someone else than the function asked for it.
resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = var.name
  log_group_name = var.cloudtrail_log_group
  pattern = join("", [
    "{ ($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"${var.role_arn}\") && ",
    "(($.errorCode = \"*\") || ($.userIdentity.sessionContext.sessionIssuer.userName != \"${var.function_role_name}\")) }",
  ])

  metric_transformation {
    namespace     = "RdsDataExtractor/Security"
    name          = var.name
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = var.name
  alarm_description   = "Someone other than ${var.function_role_name} asked for ${var.role_arn}, or was refused it"
  namespace           = "RdsDataExtractor/Security"
  metric_name         = var.name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = var.tags

  depends_on = [aws_cloudwatch_log_metric_filter.this]
}
