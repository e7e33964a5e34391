locals {
  environment = merge(
    { for k, v in var.environment : k => v if v != null && v != "" },
    { LOG_LEVEL = lower(var.log_level) },
  )
  role_arn = var.role_arn != null ? var.role_arn : aws_iam_role.this[0].arn
}

resource "aws_cloudwatch_log_group" "this" {
  count             = var.log_group_name == null ? 1 : 0
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:Failed asynchronous events go to the failure destination, which tells more than a dead-letter queue.
  function_name                  = var.name
  description                    = "Runs a PostgreSQL query of another account and writes the rows as CSV to S3"
  role                           = local.role_arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.package_file
  source_code_hash               = filebase64sha256(var.package_file)
  publish                        = true
  memory_size                    = var.memory_size
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn
  code_signing_config_arn        = var.code_signing_config_arn
  tags                           = var.tags

  environment {
    variables = local.environment
  }

  ephemeral_storage {
    size = var.ephemeral_storage
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
    log_group             = local.log_group
  }

  tracing_config {
    mode = var.xray ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = local.security_group_ids
    }
  }

  # Without its policy the function could not log its first failure; without the rules it would run into a wall.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.this,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.https_prefix_list,
  ]
}
