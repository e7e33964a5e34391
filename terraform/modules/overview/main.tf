data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.id
  account_id  = data.aws_caller_identity.current.account_id
  topic_arn   = var.topic_arn != null ? var.topic_arn : one(aws_sns_topic.this[*].arn)
  log_group   = "/aws/lambda/${var.name}"
  bucket_arn  = "arn:${local.partition}:s3:::${var.bucket}"
  key_prefix  = trim(var.key_prefix, "/")
  export_arns = [for prefix in distinct([for e in var.exports : e.prefix == null ? "" : e.prefix]) : "${local.bucket_arn}/${prefix}*"]
  role_arns   = [for role in var.roles : role.role_arn]
  key_arns    = distinct([for arn in [var.kms_key_arn, var.bucket_kms_key_arn] : arn if arn != null])

  event = merge(
    {
      action     = "overview"
      bucket     = var.bucket
      keyPrefix  = local.key_prefix
      exports    = [for e in var.exports : { for k, v in { prefix = e.prefix, everyHours = e.every_hours } : k => v if v != null }]
      thresholds = var.thresholds
    },
    length(var.roles) == 0 ? {} : {
      roles = [for role in var.roles : { for k, v in { roleArn = role.role_arn, externalId = role.external_id, region = role.region } : k => v if v != null }]
    },
    var.bucket_owner == null ? {} : { bucketOwner = var.bucket_owner },
  )

  policy = {
    Version = "2012-10-17"
    Statement = [for s in [
      { on = length(local.role_arns) > 0, is = {
        Sid = "Accounts", Effect = "Allow", Action = ["sts:AssumeRole"], Resource = distinct(local.role_arns)
      } },
      # Without roles the function queries its own account.
      { on = length(local.role_arns) == 0, is = {
        Sid      = "Databases"
        Effect   = "Allow"
        Action   = ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribePendingMaintenanceActions"]
        Resource = ["*"]
      } },
      # Also the metrics of its own exports.
      { on = true, is = {
        Sid = "Figures", Effect = "Allow", Action = ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], Resource = ["*"]
      } },
      { on = true, is = {
        Sid      = "Page"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = [for name in ["index.html", "overview.json", "history.jsonl"] : "${local.bucket_arn}/${local.key_prefix}/${name}"]
      } },
      { on = length(local.export_arns) > 0, is = {
        Sid = "Exports", Effect = "Allow", Action = ["s3:GetObject"], Resource = local.export_arns
      } },
      # Without it S3 answers 403 instead of 404 for missing objects.
      { on = true, is = {
        Sid = "List", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.bucket_arn]
      } },
      { on = true, is = {
        Sid = "Findings", Effect = "Allow", Action = ["sns:Publish"], Resource = [coalesce(local.topic_arn, "none")]
      } },
      { on = length(local.key_arns) > 0, is = {
        Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = local.key_arns
      } },
      { on = true, is = {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}:*"]
      } },
    ] : s.is if s.on]
  }
}

resource "aws_sns_topic" "this" {
  count             = var.topic_arn == null ? 1 : 0
  name              = var.name
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "mail" {
  for_each  = var.topic_arn == null ? toset(var.emails) : []
  topic_arn = aws_sns_topic.this[0].arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:What a run found is in the history for 400 days; its log is not needed as long.
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.role_path
  description          = "The overview's function: assumes the roles of accounts, writes the page"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "overview"
  role   = aws_iam_role.this.id
  policy = jsonencode(local.policy)
}

# Outside of any VPC, since it calls only AWS's APIs; with vpc, through the endpoints that docs/overview.md lists.
resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_272:The zip is built from this repository; sign it where an organisation asks for that.
  # checkov:skip=CKV_AWS_50:A run's calls are counted on the page.
  # checkov:skip=CKV_AWS_117:It connects to no database.
  # checkov:skip=CKV_AWS_116:A run that failed is made up for by the next; the alarm on Errors tells of it.
  function_name                  = var.name
  description                    = "One page of all databases and exports"
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.package_file
  source_code_hash               = filebase64sha256(var.package_file)
  memory_size                    = var.memory_size
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn
  tags                           = var.tags

  environment {
    variables = merge(
      {
        LOG_LEVEL          = "info"
        OVERVIEW_TOPIC_ARN = local.topic_arn
        ALLOWED_ROLE_ARNS  = join(",", distinct(local.role_arns))
        ALLOWED_BUCKETS    = var.bucket
        S3_BUCKET_NAME     = var.bucket
      },
      var.bucket_kms_key_arn == null ? {} : { S3_KMS_KEY_ID = var.bucket_kms_key_arn },
    )
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_iam_role_policy_attachment" "vpc" {
  count      = var.vpc == null ? 0 : 1
  role       = aws_iam_role.this.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

# The schedule repeats a failed run; until then the last page stays.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this.function_name
  maximum_retry_attempts = 0
}

resource "aws_iam_role" "scheduler" {
  name                 = "${var.name}-schedule"
  path                 = var.role_path
  description          = "Invokes the overview's function"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "invoke"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [aws_lambda_function.this.arn] }],
      # Scheduler decrypts the event as this role.
      [for arn in var.kms_key_arn == null ? [] : [var.kms_key_arn] : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = [arn] }],
    )
  })
}

resource "aws_scheduler_schedule" "this" {
  name                         = var.name
  description                  = "The overview of databases and exports"
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.schedule_timezone
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 5
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode(merge(local.event, { raiseOnError = true }))
  }
}
