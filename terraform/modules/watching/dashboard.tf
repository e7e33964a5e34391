locals {
  widgets = [
    { title = "Runs", metrics = [
      ["AWS/Lambda", "Invocations", "FunctionName", var.function_name, { stat = "Sum" }],
      [".", "Errors", ".", ".", { stat = "Sum" }],
      [".", "Throttles", ".", ".", { stat = "Sum" }],
    ] },
    { title = "Duration (ms)", metrics = [
      ["AWS/Lambda", "Duration", "FunctionName", var.function_name, { stat = "Maximum" }],
      ["...", { stat = "Average" }],
    ] },
    { title = "Rows", metrics = [[local.namespace, "Rows", "FunctionName", var.function_name, { stat = "Sum" }]] },
    { title = "Bytes", metrics = [[local.namespace, "Bytes", "FunctionName", var.function_name, { stat = "Sum" }]] },
    { title = "Runs by outcome", metrics = [
      [{ expression = "SEARCH('{${local.namespace},FunctionName,outcome} MetricName=\"Runs\" FunctionName=\"${var.function_name}\"', 'Sum', 300)" }]
    ] },
    { title = "Queues", metrics = [for label, name in var.queues :
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { stat = "Maximum", label = label }]
    ] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for i, w in [for w in local.widgets : w if length(w.metrics) > 0] : {
      type       = "metric"
      x          = (i % 2) * 12
      y          = floor(i / 2) * 6
      width      = 12
      height     = 6
      properties = { title = w.title, region = local.region, metrics = w.metrics, period = 300, view = "timeSeries" }
    }]
  })
}
