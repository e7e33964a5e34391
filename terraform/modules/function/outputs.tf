output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function without a version."
  value       = aws_lambda_function.this.arn
}

output "alias_arn" {
  description = "ARN of the alias `live`: what every trigger invokes."
  value       = aws_lambda_alias.live.arn
}

output "alias_name" {
  description = "Name of the alias."
  value       = aws_lambda_alias.live.name
}

output "version" {
  description = "Newest published version."
  value       = aws_lambda_function.this.version
}

output "live_version" {
  description = "Version that the alias points to."
  value       = aws_lambda_alias.live.function_version
}

output "release" {
  description = "Fingerprint of package and settings: what a rollback withdraws."
  value       = local.release
}

output "withdrawn_parameter" {
  description = "Parameter in which a rollback is written."
  value       = aws_ssm_parameter.withdrawn.name
}

output "role_arn" {
  description = "Execution role."
  value       = local.role_arn
}

output "policy_json" {
  description = "What the execution role may do; with a role brought along, what it must be able to do."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

output "security_group_ids" {
  description = "Security groups of the function; empty outside a VPC."
  value       = local.security_group_ids
}

output "log_group_name" {
  description = "Log group of the function."
  value       = local.log_group
}

output "failure_destination_arn" {
  description = "Where asynchronous events that failed go."
  value       = local.failure_destination_arn
}

output "failure_queue_name" {
  description = "Name of the failure queue made here, or null."
  value       = one([for q in aws_sqs_queue.failures : q.name])
}

output "timeout" {
  description = "Timeout in seconds."
  value       = aws_lambda_function.this.timeout
}
