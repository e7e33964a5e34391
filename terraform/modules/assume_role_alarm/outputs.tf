output "alarm_name" {
  description = "Name of the alarm."
  value       = aws_cloudwatch_metric_alarm.this.alarm_name
}

output "pattern" {
  description = "Filter pattern of unusual use."
  value       = aws_cloudwatch_log_metric_filter.this.pattern
}
