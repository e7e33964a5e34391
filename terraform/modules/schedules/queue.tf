locals {
  queue_statements = [for s in [
    { on = true, is = { Sid = "ReadQueue", Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = [one(aws_sqs_queue.source[*].arn)] } },
    { on = var.use_kms_key, is = { Sid = "DecryptQueue", Effect = "Allow", Action = ["kms:Decrypt"], Resource = [var.kms_key_arn] } },
  ] : s.is if s.on]
  tls_only = { Sid = "TlsOnly", Effect = "Deny", Principal = "*", Action = "sqs:*", Condition = { Bool = { "aws:SecureTransport" = "false" } } }
}

# What the scheduler or the rule could not deliver.
resource "aws_sqs_queue" "undelivered" {
  count                     = local.scheduled || var.rule != null ? 1 : 0
  name                      = "${var.name}-undelivered"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.use_kms_key ? null : true
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "undelivered" {
  count     = local.scheduled || var.rule != null ? 1 : 0
  queue_url = aws_sqs_queue.undelivered[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([merge(local.tls_only, { Resource = aws_sqs_queue.undelivered[0].arn })], [for rule in aws_cloudwatch_event_rule.this : {
      Sid       = "Rule"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.undelivered[0].arn
      Condition = { ArnEquals = { "aws:SourceArn" = rule.arn } }
    }])
  })
}

resource "aws_sqs_queue" "source" {
  count                      = var.queue == null ? 0 : 1
  name                       = "${var.name}-extractions"
  visibility_timeout_seconds = var.queue.visibility_timeout
  message_retention_seconds  = 345600
  kms_master_key_id          = var.kms_key_arn
  sqs_managed_sse_enabled    = var.use_kms_key ? null : true
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead[0].arn, maxReceiveCount = var.queue.max_receives })
  tags                       = var.tags
}

resource "aws_sqs_queue_policy" "source" {
  count     = var.queue == null ? 0 : 1
  queue_url = aws_sqs_queue.source[0].id
  policy    = jsonencode({ Version = "2012-10-17", Statement = [merge(local.tls_only, { Resource = aws_sqs_queue.source[0].arn })] })
}

resource "aws_sqs_queue" "dead" {
  count                     = var.queue == null ? 0 : 1
  name                      = "${var.name}-extractions-dead"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.use_kms_key ? null : true
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "dead" {
  count     = var.queue == null ? 0 : 1
  queue_url = aws_sqs_queue.dead[0].id
  policy    = jsonencode({ Version = "2012-10-17", Statement = [merge(local.tls_only, { Resource = aws_sqs_queue.dead[0].arn })] })
}

resource "aws_iam_role_policy" "queue" {
  count  = var.queue != null && var.function_role != null ? 1 : 0
  name   = "queue"
  role   = var.function_role
  policy = jsonencode({ Version = "2012-10-17", Statement = local.queue_statements })
}

resource "aws_lambda_event_source_mapping" "queue" {
  count                   = var.queue == null ? 0 : 1
  event_source_arn        = aws_sqs_queue.source[0].arn
  function_name           = var.alias_arn
  batch_size              = var.queue.batch_size
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = var.tags

  scaling_config {
    maximum_concurrency = var.queue.max_concurrency
  }

  depends_on = [aws_iam_role_policy.queue]
}
