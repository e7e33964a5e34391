locals {
  # A delivery may happen twice, and a file be written twice: only an event that skips existing objects, or an incremental
  # export, which goes on where the last run ended, is retried.
  schedules = { for name, s in merge(var.schedules, { for expression in var.schedule_expression == null ? [] : [var.schedule_expression] : "default" => {
    expression = expression, timezone = var.schedule_timezone, event = "{}", start = "function", route = "function", retries = null, window_minutes = 0, enabled = true
  } }) : name => merge(s, { retries = s.retries != null ? s.retries : local.once[name] ? 185 : 0 }) }
  once      = merge({ default = false }, { for name, s in var.schedules : name => try(jsondecode(s.event).incremental, null) != null || try(lookup(jsondecode(s.event), "ifExists", var.if_exists) == "skip" && can(jsondecode(s.event).fileName), false) })
  group_arn = "arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/${var.name}"

  # The trust of the scheduler's role is limited to the schedule group: the service sends the group as the source.
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

  # The machines that schedules start, and what each of them takes.
  machine_arns = { for machine in local.machines : machine => module.long_runs[0].machine_arns[replace(machine, "-", "_")] }
  started      = [for machine in local.machines : local.machine_arns[machine] if contains([for s in local.schedules : s.start], machine)]
  # Nobody reads the answer, so the invocation itself must fail; the machines see to that by themselves.
  inputs = { for name, s in local.schedules : name => jsonencode({
    function   = merge(jsondecode(s.event), { raiseOnError = true })
    export     = { event = jsondecode(s.event), route = s.route }
    export-all = merge([{ event = jsondecode(s.event) }, jsondecode(s.event)][can(jsondecode(s.event).key) ? 1 : 0], { route = s.route })
  }[s.start]) }

  scheduler_statements = concat([
    { Sid = "Invoke", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [aws_lambda_alias.live.arn] },
    { Sid = "KeepUndelivered", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [local.queue_arns["undelivered"]] },
    { Sid = "UseKey", Effect = "Allow", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = [local.kms_key_arn] },
  ], [for arns in [local.started] : { Sid = "Start", Effect = "Allow", Action = ["states:StartExecution"], Resource = arns } if length(arns) > 0])
}

resource "aws_scheduler_schedule_group" "this" {
  provider = aws.a
  count    = local.scheduled ? 1 : 0
  name     = var.name
  tags     = local.tags
}

resource "aws_iam_role" "scheduler" {
  provider             = aws.a
  count                = local.scheduled ? 1 : 0
  name                 = "${var.name}-scheduler"
  path                 = var.role_path
  description          = "Lets the schedules of group ${var.name} invoke the function"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.scheduler_trust)
  tags                 = local.tags
}

resource "aws_iam_role_policy" "scheduler" {
  provider = aws.a
  count    = local.scheduled ? 1 : 0
  name     = "invoke"
  role     = aws_iam_role.scheduler[0].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.scheduler_statements })
}

resource "aws_scheduler_schedule" "this" {
  provider                     = aws.a
  for_each                     = local.schedules
  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this[0].name
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.timezone
  state                        = each.value.enabled ? "ENABLED" : "DISABLED"
  kms_key_arn                  = local.kms_key_arn

  flexible_time_window {
    mode                      = each.value.window_minutes > 0 ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = each.value.window_minutes > 0 ? each.value.window_minutes : null
  }

  target {
    arn      = lookup(local.machine_arns, each.value.start, aws_lambda_alias.live.arn)
    role_arn = aws_iam_role.scheduler[0].arn
    input    = local.inputs[each.key]

    retry_policy {
      maximum_retry_attempts       = each.value.retries
      maximum_event_age_in_seconds = 3600
    }

    # Only undelivered events; failed runs go to the function's failure destination.
    dead_letter_config {
      arn = aws_sqs_queue.this["undelivered"].arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

resource "aws_cloudwatch_event_rule" "this" {
  provider       = aws.a
  count          = var.event_rule == null ? 0 : 1
  name           = var.name
  description    = "Extractions asked for by events"
  event_bus_name = var.event_rule.bus
  event_pattern  = var.event_rule.pattern
  tags           = local.tags
}

resource "aws_cloudwatch_event_target" "this" {
  provider       = aws.a
  count          = var.event_rule == null ? 0 : 1
  rule           = aws_cloudwatch_event_rule.this[0].name
  event_bus_name = var.event_rule.bus
  target_id      = "extractor"
  arn            = aws_lambda_alias.live.arn

  # A rule cannot add a field to the event: the function's environment sets RAISE_ON_ERROR if a rule is used.
  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 3600
  }

  dead_letter_config {
    arn = aws_sqs_queue.this["undelivered"].arn
  }
}

resource "aws_lambda_permission" "rule" {
  provider       = aws.a
  count          = var.event_rule == null ? 0 : 1
  statement_id   = "rule"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this.function_name
  qualifier      = aws_lambda_alias.live.name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.this[0].arn
  source_account = local.account_id
}
