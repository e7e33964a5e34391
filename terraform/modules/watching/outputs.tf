output "topic_arn" {
  description = "SNS topic of the alarms."
  value       = local.topic_arn
}

output "alarm_names" {
  description = "Names of the alarms."
  value = concat(
    [for a in aws_cloudwatch_metric_alarm.lambda : a.alarm_name],
    [for a in aws_cloudwatch_metric_alarm.queue : a.alarm_name],
    [for a in aws_cloudwatch_metric_alarm.failure : a.alarm_name],
    [for a in aws_cloudwatch_metric_alarm.no_success : a.alarm_name],
  )
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
