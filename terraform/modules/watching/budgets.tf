locals {
  budgets = { for label, b in {
    total = { usd = var.budget_monthly_usd, filters = {} }
    data-transfer = { usd = coalesce(var.budget_data_transfer_usd, try(var.budget_monthly_usd / 4, null), 1), filters = {
      UsageTypeGroup = [
        "EC2: Data Transfer - Inter AZ",
        "EC2: Data Transfer - Internet (Out)",
        "EC2: Data Transfer - Region to Region (Out)",
        "S3: Data Transfer - Internet (Out)",
        "S3: Data Transfer - Region to Region (Out)",
      ]
    } }
    lambda = { usd = coalesce(var.budget_lambda_usd, try(var.budget_monthly_usd / 2, null), 1), filters = { Service = ["AWS Lambda"] } }
  } : label => b if var.budget_monthly_usd != null }
}

resource "aws_budgets_budget" "this" {
  for_each     = local.budgets
  name         = "${var.name}-${each.key}"
  budget_type  = "COST"
  limit_amount = tostring(each.value.usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = var.tags

  dynamic "cost_filter" {
    for_each = each.value.filters
    content {
      name   = cost_filter.key
      values = cost_filter.value
    }
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      notification_type         = notification.key
      subscriber_sns_topic_arns = [local.topic_arn]
    }
  }

  depends_on = [aws_sns_topic_policy.this]
}
