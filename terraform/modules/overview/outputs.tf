output "role_arn" {
  description = "Role of the function, for the module overview_role in each account."
  value       = aws_iam_role.this.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "topic_arn" {
  description = "Topic to which findings are published."
  value       = local.topic_arn
}

output "page" {
  description = "Location of the page."
  value       = "s3://${var.bucket}/${local.key_prefix}/index.html"
}

output "open_command" {
  description = "Command that makes a link to the page that is valid for an hour."
  value       = "aws s3 presign s3://${var.bucket}/${local.key_prefix}/index.html --expires-in 3600"
}

output "event_json" {
  description = "The event of the schedule."
  value       = jsonencode(local.event)
}

output "policy_json" {
  description = "Policy of the function's role."
  value       = jsonencode(local.policy)
}
