locals {
  alarm_dimensions = var.db_cluster_identifier != null ? { DBClusterIdentifier = var.db_cluster_identifier } : { DBInstanceIdentifier = var.db_instance_identifier }
  alarm_subject    = var.db_cluster_identifier != null ? var.db_cluster_identifier : coalesce(var.db_instance_identifier, "none")
  has_database     = var.db_cluster_identifier != null || var.db_instance_identifier != null
  alarms = { for k, v in {
    cpu         = { metric = "CPUUtilization", operator = "GreaterThanThreshold", threshold = 90, on = true }
    connections = { metric = "DatabaseConnections", operator = "GreaterThanThreshold", threshold = var.alarm_max_connections, on = true }
    # A cluster's storage grows by itself and has no such figure.
    storage = { metric = "FreeStorageSpace", operator = "LessThanThreshold", threshold = var.alarm_min_free_storage_gb * 1024 * 1024 * 1024, on = var.db_cluster_identifier == null }
  } : k => v if v.on && var.alarm_topic_arn != null && local.has_database }
}

resource "aws_cloudwatch_metric_alarm" "database" {
  for_each            = local.alarms
  alarm_name          = "${local.alarm_subject}-${each.key}"
  alarm_description   = "Database ${local.alarm_subject}: ${each.value.metric} beyond its limit for 15 minutes"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = local.alarm_dimensions
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = "missing"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = var.tags
}
