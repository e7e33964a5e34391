output "role_arn" {
  description = "The role, for `roles` of the module overview."
  value       = aws_iam_role.this.arn
}

output "policy_json" {
  description = "Policy of the role."
  value       = jsonencode(local.policy)
}
