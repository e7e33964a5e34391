locals {
  reference      = "/aws/reference/secretsmanager/${trimprefix(var.name, "/")}"
  name           = var.store == "secret" ? local.reference : var.name
  parameter_base = "arn:${data.aws_partition.current.partition}:ssm:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:parameter"
}

output "name" {
  description = "What the function is told: `DB_CONFIG_PARAM`."
  value       = local.name
}

output "parameter_arns" {
  description = "What the function's role may read with ssm:GetParameter."
  value       = [endswith(local.name, "/") ? "${local.parameter_base}${local.name}*" : "${local.parameter_base}${local.name}"]
}

output "path_arns" {
  description = "What the function's role may read with ssm:GetParametersByPath; empty unless the name is a path."
  value       = endswith(local.name, "/") ? ["${local.parameter_base}${local.name}", "${local.parameter_base}${trimsuffix(local.name, "/")}"] : []
}

output "secret_arns" {
  description = "The secret behind the parameter, or empty."
  value       = [for s in aws_secretsmanager_secret.this : s.arn]
}

output "secret_name" {
  description = "Name of the secret to fill, or null."
  value       = one([for s in aws_secretsmanager_secret.this : s.name])
}
