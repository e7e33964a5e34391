# Queues of one kind: encrypted, TLS only, kept for two weeks; all but the source ought to be empty.
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
}

resource "aws_sqs_queue" "this" {
  for_each                   = local.queues
  provider                   = aws.a
  name                       = each.value
  message_retention_seconds  = each.key == "extractions" ? 345600 : 1209600
  visibility_timeout_seconds = each.key == "extractions" ? var.event_queue.visibility_timeout : 30
  kms_master_key_id          = local.kms_key_arn
  tags                       = local.tags
}

# Apart, since the queue of the dead letters must stand before.
resource "aws_sqs_queue_redrive_policy" "extractions" {
  count          = var.event_queue == null ? 0 : 1
  provider       = aws.a
  queue_url      = aws_sqs_queue.this["extractions"].id
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.this["extractions-dead"].arn, maxReceiveCount = var.event_queue.max_receives })
}

resource "aws_sqs_queue_policy" "this" {
  for_each  = local.queues
  provider  = aws.a
  queue_url = aws_sqs_queue.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = local.queue_arns[each.key]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }], [for rule in aws_cloudwatch_event_rule.this : {
      Sid       = "Rule"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = local.queue_arns[each.key]
      Condition = { ArnEquals = { "aws:SourceArn" = rule.arn } }
    } if each.key == "undelivered"])
  })
}

resource "aws_iam_role_policy" "queue" {
  count    = var.event_queue != null && var.function_role_arn == null ? 1 : 0
  provider = aws.a
  name     = "queue"
  role     = aws_iam_role.function[0].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "ReadQueue", Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = [local.queue_arns["extractions"]] },
    { Sid = "DecryptQueue", Effect = "Allow", Action = ["kms:Decrypt"], Resource = [local.kms_key_arn] },
  ] })
}

resource "aws_lambda_event_source_mapping" "queue" {
  count                   = var.event_queue == null ? 0 : 1
  provider                = aws.a
  event_source_arn        = aws_sqs_queue.this["extractions"].arn
  function_name           = aws_lambda_alias.live.arn
  batch_size              = var.event_queue.batch_size
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = local.tags

  scaling_config {
    maximum_concurrency = var.event_queue.max_concurrency
  }

  depends_on = [aws_iam_role_policy.queue]
}
