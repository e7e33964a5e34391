locals {
  scheduled               = length(local.schedules) > 0
  failure_destination_arn = var.failure_destination_arn != null ? var.failure_destination_arn : aws_sqs_queue.this["failures"].arn

  queues = { for label, on in {
    failures         = var.failure_destination_arn == null
    undelivered      = local.scheduled || var.event_rule != null
    extractions      = var.event_queue != null
    extractions-dead = var.event_queue != null
  } : label => "${var.name}-${label}" if on }
  queue_arns = { for label in ["failures", "undelivered", "extractions", "extractions-dead"] :
  label => "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name}-${label}" }

  queue_policies = { for label in keys(local.queues) : label => jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = local.queue_arns[label]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }], [for rule in aws_cloudwatch_event_rule.this : {
      Sid       = "Rule"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = local.queue_arns[label]
      Condition = { ArnEquals = { "aws:SourceArn" = rule.arn } }
    } if label == "undelivered"])
  }) }
}

# Failed runs and undelivered events: kept for two weeks, and normally empty.
resource "aws_sqs_queue" "this" {
  for_each                  = { for label, name in local.queues : label => name if label != "extractions" }
  provider                  = aws.a
  name                      = each.value
  message_retention_seconds = 1209600
  kms_master_key_id         = local.kms_key_arn
  policy                    = local.queue_policies[each.key]
  tags                      = local.tags
}

# A separate resource, since its dead-letter queue must exist before it.
resource "aws_sqs_queue" "extractions" {
  count                      = var.event_queue == null ? 0 : 1
  provider                   = aws.a
  name                       = local.queues["extractions"]
  visibility_timeout_seconds = var.event_queue.visibility_timeout
  kms_master_key_id          = local.kms_key_arn
  policy                     = local.queue_policies["extractions"]
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.this["extractions-dead"].arn, maxReceiveCount = var.event_queue.max_receives })
  tags                       = local.tags
}

resource "aws_lambda_event_source_mapping" "queue" {
  count                   = var.event_queue == null ? 0 : 1
  provider                = aws.a
  event_source_arn        = aws_sqs_queue.extractions[0].arn
  function_name           = aws_lambda_alias.live.arn
  batch_size              = var.event_queue.batch_size
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = local.tags

  scaling_config {
    maximum_concurrency = var.event_queue.max_concurrency
  }

  depends_on = [aws_iam_role_policy.function]
}
