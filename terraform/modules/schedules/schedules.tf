data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name
  account_id = data.aws_caller_identity.current.account_id
  scheduled  = length(var.schedules) > 0
  group_arn  = "arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/${var.name}"
  dead_arn   = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name}-undelivered"

  # The scheduler's role is trusted by schedule group: the service sends the group as the source.
  scheduler_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ThisGroup"
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id, "aws:SourceArn" = local.group_arn } }
    }]
  }

  scheduler_statements = [for s in [
    { on = true, is = { Sid = "Invoke", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [var.alias_arn] } },
    { on = true, is = { Sid = "KeepUndelivered", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [local.dead_arn] } },
    { on = var.use_kms_key, is = { Sid = "UseKey", Effect = "Allow", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = [var.kms_key_arn] } },
  ] : s.is if s.on]
}

resource "aws_scheduler_schedule_group" "this" {
  count = local.scheduled ? 1 : 0
  name  = var.name
  tags  = var.tags
}

resource "aws_iam_role" "scheduler" {
  count                = local.scheduled ? 1 : 0
  name                 = "${var.name}-scheduler"
  path                 = var.role_path
  description          = "Lets the schedules of group ${var.name} invoke the function"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.scheduler_trust)
  tags                 = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  count  = local.scheduled ? 1 : 0
  name   = "invoke"
  role   = aws_iam_role.scheduler[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.scheduler_statements })
}

resource "aws_scheduler_schedule" "this" {
  for_each                     = var.schedules
  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this[0].name
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.timezone
  state                        = each.value.enabled ? "ENABLED" : "DISABLED"
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode                      = each.value.window_minutes > 0 ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = each.value.window_minutes > 0 ? each.value.window_minutes : null
  }

  target {
    arn      = var.alias_arn
    role_arn = aws_iam_role.scheduler[0].arn
    # Nobody reads the answer, so the invocation itself must fail.
    input = jsonencode(merge(jsondecode(each.value.event), { raiseOnError = true }))

    retry_policy {
      maximum_retry_attempts       = each.value.retries
      maximum_event_age_in_seconds = 3600
    }

    # Only what could not be delivered; what failed goes to the function's failure destination.
    dead_letter_config {
      arn = aws_sqs_queue.undelivered[0].arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}
