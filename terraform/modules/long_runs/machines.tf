# The two machines, their roles and their log.
locals {
  account_arn   = "${local.region}:${local.account_id}"
  machine_names = { export = "${var.name}-export", export_all = "${var.name}-export-all" }
  machine_arns  = { for key, name in local.machine_names : key => "arn:${local.partition}:states:${local.account_arn}:stateMachine:${name}" }
  events_rule   = "arn:${local.partition}:events:${local.account_arn}:rule/StepFunctionsGetEventsFor"
  results_arn   = "arn:${local.partition}:s3:::${var.bucket}/${var.results_prefix}/*"
  bucket_owner  = { StringEquals = { "aws:ResourceAccount" = var.bucket_owner } }

  machine_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Machines"
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:states:${local.account_arn}:*" }
      }
    }]
  }

  common_statements = [for s in [
    { on = var.bucket_kms_key_arn != null, Sid = "EncryptObjects", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = [coalesce(var.bucket_kms_key_arn, "none")],
    Condition = { StringLike = { "kms:ViaService" = "s3.*.${data.aws_partition.current.dns_suffix}" } } },
    # Deliveries of logs have no resources.
    { Sid = "DeliverLogs", Resource = ["*"], Action = ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"] },
    { on = var.xray, Sid = "Trace", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"], Resource = ["*"] },
  ] : { for k, v in merge({ Effect = "Allow" }, s) : k => v if k != "on" } if try(s.on, true)]

  export_statements = concat([
    { Sid = "Invoke", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [var.alias_arn] },
    # Every revision: an execution that began before a deployment goes on with the revision that it knows.
    { Sid = "StartTasks", Effect = "Allow", Action = ["ecs:RunTask"], Resource = ["${aws_ecs_task_definition.this.arn_without_revision}:*"],
    Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } } },
    # The task definition's tags.
    { Sid = "TagTasks", Effect = "Allow", Action = ["ecs:TagResource"], Resource = ["arn:${local.partition}:ecs:${local.account_arn}:task/${var.name}/*"],
    Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } } },
    { Sid = "FollowTasks", Effect = "Allow", Action = ["ecs:StopTask", "ecs:DescribeTasks"], Resource = ["arn:${local.partition}:ecs:${local.account_arn}:task/${var.name}/*"] },
    { Sid = "HearOfTasks", Effect = "Allow", Action = ["events:PutTargets", "events:PutRule", "events:DescribeRule"], Resource = ["${local.events_rule}ECSTaskRule"] },
    { Sid = "PassRoles", Effect = "Allow", Action = ["iam:PassRole"], Resource = ["${local.role_arn}-task", "${local.role_arn}-task-start"],
    Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } } },
    { Sid = "Results", Effect = "Allow", Action = ["s3:PutObject", "s3:GetObject"], Resource = [local.results_arn], Condition = local.bucket_owner },
  ], local.common_statements)

  export_all_statements = concat([
    { Sid = "Plan", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [var.alias_arn] },
    { Sid = "StartExports", Effect = "Allow", Action = ["states:StartExecution"], Resource = [local.machine_arns.export] },
    { Sid = "FollowExports", Effect = "Allow", Action = ["states:DescribeExecution", "states:StopExecution"],
    Resource = ["arn:${local.partition}:states:${local.account_arn}:execution:${local.machine_names.export}:*"] },
    { Sid = "HearOfExports", Effect = "Allow", Action = ["events:PutTargets", "events:PutRule", "events:DescribeRule"], Resource = ["${local.events_rule}StepFunctionsExecutionRule"] },
    # A Distributed Map starts executions of its own machine.
    { Sid = "StartChildren", Effect = "Allow", Action = ["states:StartExecution"], Resource = [local.machine_arns.export_all] },
    { Sid = "FollowChildren", Effect = "Allow", Action = ["states:DescribeExecution", "states:StopExecution"],
    Resource = [for end in ["/*", ":*"] : "arn:${local.partition}:states:${local.account_arn}:execution:${local.machine_names.export_all}${end}"] },
    { Sid = "CountChildren", Effect = "Allow", Action = ["states:DescribeMapRun"], Resource = ["arn:${local.partition}:states:${local.account_arn}:mapRun:${local.machine_names.export_all}/*"] },
    { Sid = "ListsAndSummaries", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = var.object_arns, Condition = local.bucket_owner },
    { Sid = "Results", Effect = "Allow", Action = ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], Resource = [local.results_arn],
    Condition = local.bucket_owner },
    { Sid = "ListResults", Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:${local.partition}:s3:::${var.bucket}"],
    Condition = merge(local.bucket_owner, { StringLike = { "s3:prefix" = ["${var.results_prefix}/*"] } }) },
  ], local.common_statements)
}

resource "aws_iam_role" "export" {
  name                 = local.machine_names.export
  path                 = var.role_path
  description          = "Runs one export of ${var.name}: the function, or a task"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.machine_trust)
  tags                 = var.tags
}

resource "aws_iam_role_policy" "export" {
  name   = "export"
  role   = aws_iam_role.export.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.export_statements })
}

resource "aws_iam_role" "export_all" {
  name                 = local.machine_names.export_all
  path                 = var.role_path
  description          = "Runs a list of exports of ${var.name}"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.machine_trust)
  tags                 = var.tags
}

resource "aws_iam_role_policy" "export_all" {
  name   = "export-all"
  role   = aws_iam_role.export_all.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.export_all_statements })
}

# The name's beginning keeps the policy of the log service from growing with every group.
resource "aws_cloudwatch_log_group" "machines" {
  # checkov:skip=CKV_AWS_338:Kept as long as the function's log, which the operator chooses.
  name              = "/aws/vendedlogs/${var.name}-machines"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "export" {
  # checkov:skip=CKV_AWS_284:As the function: var.xray.
  # checkov:skip=CKV_AWS_285:Events hold SQL and its parameters, which belong into no log; the executions themselves show them to those who may read them.
  name       = local.machine_names.export
  role_arn   = aws_iam_role.export.arn
  definition = local.export_definition
  tags       = var.tags

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machines.arn}:*"
  }

  tracing_configuration {
    enabled = var.xray
  }

  # Creating it checks what the role may do.
  depends_on = [aws_iam_role_policy.export]
}

resource "aws_sfn_state_machine" "export_all" {
  # checkov:skip=CKV_AWS_284:As the function: var.xray.
  # checkov:skip=CKV_AWS_285:Events hold SQL and its parameters, which belong into no log; the executions themselves show them to those who may read them.
  name       = local.machine_names.export_all
  role_arn   = aws_iam_role.export_all.arn
  definition = local.export_all_definition
  tags       = var.tags

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machines.arn}:*"
  }

  tracing_configuration {
    enabled = var.xray
  }

  depends_on = [aws_iam_role_policy.export_all]
}
