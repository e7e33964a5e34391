output "name" {
  description = "Name of the bucket, known when it is ready for use."
  value       = aws_s3_bucket_policy.this.bucket
}

output "policy_json" {
  description = "The bucket's policy, as applied."
  value       = aws_s3_bucket_policy.this.policy
}
