resource "aws_cloudwatch_event_rule" "this" {
  count          = var.rule == null ? 0 : 1
  name           = var.name
  description    = "Extractions asked for by events"
  event_bus_name = var.rule.bus
  event_pattern  = var.rule.pattern
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  count          = var.rule == null ? 0 : 1
  rule           = aws_cloudwatch_event_rule.this[0].name
  event_bus_name = var.rule.bus
  target_id      = "extractor"
  arn            = var.alias_arn

  # A rule cannot add a field to the event: the function's environment sets RAISE_ON_ERROR where a rule is used.
  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 3600
  }

  dead_letter_config {
    arn = aws_sqs_queue.undelivered[0].arn
  }
}

resource "aws_lambda_permission" "rule" {
  count          = var.rule == null ? 0 : 1
  statement_id   = "rule"
  action         = "lambda:InvokeFunction"
  function_name  = var.function_name
  qualifier      = var.alias_name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.this[0].arn
  source_account = local.account_id
}
