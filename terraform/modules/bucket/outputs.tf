output "name" {
  description = "Name of the bucket, known when the bucket is ready for use."
  value       = aws_s3_bucket_policy.this.bucket
}

output "policy_json" {
  description = "Policy of the bucket, as applied."
  value       = aws_s3_bucket_policy.this.policy
}
