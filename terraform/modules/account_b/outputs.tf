output "role_arn" {
  description = "Role that the function assumes: `crossAccountRoleArn` of the event."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "The role's name with its path: `CROSS_ACCOUNT_ROLE_NAME` of the function."
  value       = trimprefix("${var.role_path}${aws_iam_role.this.name}", "/")
}

output "policy_json" {
  description = "What the role may do, as applied."
  value       = aws_iam_role_policy.this.policy
}

output "trust_json" {
  description = "Who may assume the role, as applied."
  value       = aws_iam_role.this.assume_role_policy
}
