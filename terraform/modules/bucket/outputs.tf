output "name" {
  description = "Name of the bucket, known when the bucket is ready for use."
  value       = aws_s3_bucket_policy.this.bucket
}

output "policy_json" {
  description = "Policy of the bucket, as applied."
  value       = aws_s3_bucket_policy.this.policy
}

output "rules" {
  description = "Rules of the lifecycle: `id`, `abort_days` (null if it aborts nothing)."
  value       = [for r in aws_s3_bucket_lifecycle_configuration.this.rule : { id = r.id, abort_days = one(r.abort_incomplete_multipart_upload[*].days_after_initiation) }]
}
