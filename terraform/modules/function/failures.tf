locals {
  failure_destination_arn = var.failure_destination_arn != null ? var.failure_destination_arn : aws_sqs_queue.failures[0].arn
}

resource "aws_sqs_queue" "failures" {
  count                     = var.failure_destination_arn == null ? 1 : 0
  name                      = "${var.name}-failures"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.use_kms_key ? null : true
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "failures" {
  count     = var.failure_destination_arn == null ? 1 : 0
  queue_url = aws_sqs_queue.failures[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.failures[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_retry_attempts       = var.async_retries
  maximum_event_age_in_seconds = var.async_max_age

  destination_config {
    on_failure {
      destination = local.failure_destination_arn
    }
  }
}
