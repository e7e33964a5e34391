output "role_arn" {
  description = "Role that the function assumes: `crossAccountRoleArn` of the event."
  value       = aws_iam_role.this.arn
}

output "policy_json" {
  description = "Policy of the role, as applied."
  value       = aws_iam_role_policy.this.policy
}

output "trust_json" {
  description = "Trust policy of the role, as applied."
  value       = aws_iam_role.this.assume_role_policy
}

output "peering_connection_id" {
  description = "The peering, known once it is accepted; null without one."
  value       = local.connection_id
}
