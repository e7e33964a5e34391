output "role_arn" {
  description = "Role of the function, for the module overview_role in each account."
  value       = aws_iam_role.this.arn
}

output "function_name" {
  description = "The function."
  value       = aws_lambda_function.this.function_name
}

output "topic_arn" {
  description = "Topic that is told of findings."
  value       = local.topic_arn
}

output "page" {
  description = "Where the page lies."
  value       = "s3://${var.bucket}/${local.key_prefix}/index.html"
}

output "open_command" {
  description = "Makes a link to the page that lasts an hour."
  value       = "aws s3 presign s3://${var.bucket}/${local.key_prefix}/index.html --expires-in 3600"
}

output "event_json" {
  description = "The event of the schedule."
  value       = jsonencode(local.event)
}

output "policy_json" {
  description = "What the function's role may do."
  value       = jsonencode(local.policy)
}
