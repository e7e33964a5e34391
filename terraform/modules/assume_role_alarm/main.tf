data "aws_caller_identity" "current" {}

# Unusual use: someone was refused the role, or someone other than the function requested it.
locals {
  function_account_id = split(":", var.function_role_arn)[4]
  function_role_name  = reverse(split("/", var.function_role_arn))[0]
  # Only the trail of the caller's account says which role called; that of the other account names the account and the session.
  someone_else = data.aws_caller_identity.current.account_id == local.function_account_id ? (
    "($.userIdentity.sessionContext.sessionIssuer.userName != \"${local.function_role_name}\")"
    ) : (
    "($.userIdentity.accountId != \"${local.function_account_id}\") || ($.requestParameters.roleSessionName != \"LambdaDataExtraction-*\")"
  )
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = var.name
  log_group_name = var.cloudtrail_log_group
  pattern = join("", [
    "{ ($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"${var.role_arn}\") && ",
    "(($.errorCode = \"*\") || ${local.someone_else}) }",
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
  alarm_description   = "Someone other than ${local.function_role_name} asked for ${var.role_arn}, or was refused it"
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
