output "name" {
  description = "Name of the bucket, known when it is ready for use."
  value       = var.create ? aws_s3_bucket_policy.this[0].bucket : var.name
}

output "arn" {
  description = "ARN of the bucket."
  value       = local.arn
}

output "policy_json" {
  description = "The bucket's policy, as applied; null for a bucket that exists already."
  value       = var.create ? aws_s3_bucket_policy.this[0].policy : null
}

output "owner_advice" {
  description = "What the owner of an existing bucket should see to; null for a bucket made here."
  value = var.create ? null : join("", [
    "Bucket ${var.name} is its owner's: see that its lifecycle has AbortIncompleteMultipartUpload (deploy.sh validate looks), ",
    "and, if it belongs to a third account, that its policy (and key) admits the function's role."
  ])
}
