output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "alias_arn" {
  description = "What to invoke: `aws lambda invoke --function-name` takes it."
  value       = module.function.alias_arn
}

output "live_version" {
  description = "Version that the alias points to."
  value       = module.function.live_version
}

output "newest_version" {
  description = "Newest published version; differs from live_version after a rollback."
  value       = module.function.version
}

output "release" {
  description = "Fingerprint of package and settings."
  value       = module.function.release
}

output "withdrawn_parameter" {
  description = "Parameter in which a rollback is written."
  value       = module.function.withdrawn_parameter
}

output "function_role_arn" {
  description = "Execution role of the function."
  value       = module.function.role_arn
}

output "function_policy_json" {
  description = "What the execution role may do."
  value       = module.function.policy_json
}

output "cross_account_role_arn" {
  description = "Role of account B that the function assumes."
  value       = module.account_b.role_arn
}

output "cross_account_trust_json" {
  description = "Who may assume it."
  value       = module.account_b.trust_json
}

output "cross_account_policy_json" {
  description = "What it may do."
  value       = module.account_b.policy_json
}

output "scheduler_trust_json" {
  description = "Who may assume the scheduler's role."
  value       = module.schedules.scheduler_trust_json
}

output "scheduler_policy_json" {
  description = "What the scheduler's role may do."
  value       = module.schedules.scheduler_policy_json
}

output "db_config_param" {
  description = "Name under which the function reads its configuration."
  value       = module.configuration.name
}

output "configuration" {
  description = "The configuration without any password, as JSON."
  value       = jsonencode(local.configuration)
}

output "configuration_secret_name" {
  description = "Secret that deploy.sh fills, or null."
  value       = module.configuration.secret_name
}

output "bucket" {
  description = "Bucket of the files."
  value       = module.bucket.name
}

output "bucket_policy_json" {
  description = "The bucket's policy; null for one that exists already."
  value       = module.bucket.policy_json
}

output "bucket_advice" {
  description = "What the owner of an existing bucket should see to, or null."
  value       = module.bucket.owner_advice
}

output "endpoint_policies" {
  description = "Policies of the VPC endpoints by service."
  value       = one(module.aws_apis[*].policies)
}

output "peering_connection_id" {
  description = "The peering connection, or null."
  value       = one(module.peering[*].connection_id)
}

output "log_group_name" {
  description = "Log group of the function."
  value       = module.function.log_group_name
}

output "queue_url" {
  description = "Queue to send extractions to, or null."
  value       = module.schedules.queue_url
}

output "schedule_names" {
  description = "Schedules, as GROUP/NAME."
  value       = module.schedules.schedule_names
}

output "alarm_topic_arn" {
  description = "SNS topic of the alarms."
  value       = module.watching.topic_arn
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = module.watching.alarm_names
}

output "kms_key_arn" {
  description = "Customer key of account A."
  value       = local.kms_key_arn
}
