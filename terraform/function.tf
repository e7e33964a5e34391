locals {
  # Nobody reads the answer if a rule or a queue invokes the function.
  raise_on_error = var.raise_on_error != null ? var.raise_on_error : var.event_rule != null || var.event_queue != null
  log_group      = coalesce(var.log_group_name, "/aws/lambda/${var.name}")

  environment = { for k, v in merge(var.environment, {
    DB_CONFIG_PARAM         = local.configuration_name
    ACCOUNT_B_ID            = var.account_b_id
    CROSS_ACCOUNT_ROLE_NAME = trimprefix("${var.role_path}${local.role_name_b}", "/")
    EXTERNAL_ID             = var.external_id
    DB_QUERY                = var.db_query
    DB_QUERY_PARAM          = var.db_query_param
    S3_BUCKET_NAME          = var.s3_bucket_name
    S3_BUCKET_OWNER         = coalesce(var.s3_bucket_owner, local.account_id)
    S3_KEY_PREFIX           = var.s3_key_prefix
    S3_KMS_KEY_ID           = var.s3_kms_key_id
    IF_EXISTS               = var.if_exists
    RAISE_ON_ERROR          = tostring(local.raise_on_error)
    ALLOWED_ROLE_ARNS       = join(",", length(var.allowed_role_arns) > 0 ? var.allowed_role_arns : [local.role_arn_b])
    ALLOWED_BUCKETS         = join(",", length(var.allowed_buckets) > 0 ? var.allowed_buckets : [var.s3_bucket_name])
    ALLOWED_CONFIG_PARAMS   = join(",", length(var.allowed_config_params) > 0 ? var.allowed_config_params : [local.configuration_name])
    ALLOWED_QUERY_PARAMS    = join(",", var.allowed_query_params)
    ALLOWED_TABLES          = join(",", var.allowed_tables)
    ALLOW_EVENT_QUERY       = tostring(var.allow_event_query)
    FUNCTION_IN_VPC         = tostring(local.in_vpc)
    CONNECTIVITY            = var.connectivity
    LOG_LEVEL               = lower(var.log_level)
  }) : k => v if v != null && v != "" }
}

resource "aws_cloudwatch_log_group" "this" {
  count             = var.log_group_name == null ? 1 : 0
  provider          = aws.a
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = local.tags
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:Failed asynchronous events go to the failure destination, which tells more than a dead-letter queue.
  provider                       = aws.a
  function_name                  = var.name
  description                    = "Runs a PostgreSQL query of another account and writes the rows to S3"
  role                           = var.function_role_arn != null ? var.function_role_arn : aws_iam_role.function[0].arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.package_file
  source_code_hash               = filebase64sha256(var.package_file)
  publish                        = true
  memory_size                    = var.memory_size
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = local.kms_key_arn
  code_signing_config_arn        = var.code_signing_config_arn
  tags                           = local.tags

  environment {
    variables = local.environment
  }

  # The function itself drops lines below LOG_LEVEL; Lambda would drop metrics and progress too.
  logging_config {
    log_format            = "JSON"
    application_log_level = "TRACE"
    system_log_level      = "INFO"
    log_group             = local.log_group
  }

  tracing_config {
    mode = var.xray ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = aws_security_group.function
    content {
      subnet_ids         = var.account_a_subnet_ids
      security_group_ids = [vpc_config.value.id]
    }
  }

  # Without its policy the function could not log its first failure; without the rules its connections would time out.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.function,
    aws_vpc_security_group_egress_rule.this,
  ]
}

# Every trigger and invoke uses the alias. It follows the newest version, unless live_version pins it.
resource "aws_lambda_alias" "live" {
  provider         = aws.a
  name             = "live"
  description      = "What every trigger invokes"
  function_name    = aws_lambda_function.this.function_name
  function_version = var.live_version != null ? tostring(var.live_version) : aws_lambda_function.this.version
}

resource "aws_lambda_function_event_invoke_config" "live" {
  provider                     = aws.a
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_retry_attempts       = var.async_retries
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = local.failure_destination_arn
    }
  }
}
