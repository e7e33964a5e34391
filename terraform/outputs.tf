output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "alias_arn" {
  description = "ARN of the alias to invoke, for `aws lambda invoke --function-name`."
  value       = aws_lambda_alias.live.arn
}

output "live_version" {
  description = "Version that the alias points to."
  value       = aws_lambda_alias.live.function_version
}

output "newest_version" {
  description = "Newest published version; differs from live_version if that is pinned."
  value       = aws_lambda_function.this.version
}

output "function_role_arn" {
  description = "Execution role of the function, which account B trusts."
  value       = local.function_role_arn
}

output "function_policy_json" {
  description = "Policy of the execution role; for an existing role, the permissions that it needs."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.function_statements })
}

output "function_security_group_id" {
  description = "Security group of the function, or null outside a VPC."
  value       = one(aws_security_group.function[*].id)
}

output "function_cidrs" {
  description = "Networks of the function's subnets, which the database admits and to which its side routes back."
  value       = local.cidrs_a
}

output "cross_account_role_arn" {
  description = "Role of account B that the function assumes."
  value       = local.role_arn_b
}

output "policies" {
  description = "Policies that this module creates, as JSON: `cross_account` and `cross_account_trust` (null if account B is not managed here), `scheduler`, `scheduler_trust`, `bucket` (null for an existing one)."
  value = {
    cross_account       = one(module.account_b[*].policy_json)
    cross_account_trust = one(module.account_b[*].trust_json)
    scheduler           = jsonencode({ Version = "2012-10-17", Statement = local.scheduler_statements })
    scheduler_trust     = jsonencode(local.scheduler_trust)
    bucket              = one(module.bucket[*].policy_json)
  }
}

output "db_config_param" {
  description = "Name under which the function reads its configuration."
  value       = local.configuration_name
}

output "configuration" {
  description = "The database configuration without any password, as JSON."
  value       = jsonencode(local.configuration)
}

output "configuration_secret_name" {
  description = "Secret that deploy.sh fills, or null."
  value       = try(local.secret.name, null)
}

output "endpoint_policies" {
  description = "Policies of the VPC endpoints that this module creates, by service."
  value       = local.endpoint_policies
}

output "way" {
  description = "The way to the database: `host` (null: RDS is asked), `port` and `tls_server_name` with which the function connects, `egress` (what its security group lets it reach) and `admit` (what the database's security groups have to admit)."
  value       = { host = local.host, port = var.db_port, tls_server_name = local.tls_server_name, egress = values(local.database_egress), admit = local.database_admit }
}

output "vpc_endpoint_id" {
  description = "The endpoint of the database, which account B's side accepts by connectivity privatelink; null without one."
  value       = one(aws_vpc_endpoint.database[*].id)
}

output "peering_connection_id" {
  description = "The peering connection, which account B accepts, or null."
  value       = local.peered ? local.peering_connection_id : null
}

output "transit_gateway_id" {
  description = "The transit gateway, or null."
  value       = local.transit ? module.transit_gateway[0].gateway_id : null
}

output "transit_gateway_attachment_id" {
  description = "Attachment of account A's network, which the gateway's owner accepts, or null."
  value       = local.transit ? module.transit_gateway[0].attachment_id : null
}

output "transit_gateway_ready" {
  description = "false: the gateway's owner has not accepted that attachment yet; the routes are made by the first apply after that. null without one."
  value       = local.transit ? module.transit_gateway[0].ready : null
}

output "resource_share_arn" {
  description = "Share of account A's transit gateway, which account B accepts, or null."
  value       = local.transit ? module.transit_gateway[0].share_arn : null
}

output "log_group_name" {
  description = "Log group of the function."
  value       = local.log_group
}

output "queue_urls" {
  description = "URLs of the queues that this module creates, by purpose: `extractions` accepts extractions, the others keep what failed."
  value       = { for label, queue in merge(aws_sqs_queue.this, { for queue in aws_sqs_queue.extractions : "extractions" => queue }) : label => queue.url }
}

output "schedule_names" {
  description = "Schedules, as GROUP/NAME."
  value       = [for s in aws_scheduler_schedule.this : "${s.group_name}/${s.name}"]
}

output "alarm_topic_arn" {
  description = "SNS topic of the alarms."
  value       = local.topic_arn
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = concat([for a in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.no_success) : a.alarm_name], module.assume_role_alarm[*].alarm_name)
}

output "kms_key_arn" {
  description = "Customer key of account A."
  value       = local.kms_key_arn
}

output "key_policy_json" {
  description = "Statements that the policy of an existing key needs in addition to its own."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.key_statements })
}

output "configuration_version" {
  description = "Changes with the configuration, the key, name and db_password_version; the configuration is then written again."
  value       = local.configuration_version
}

output "overview" {
  description = "The overview: its function, the event of its schedule, the location of the page, its topic; or null."
  value       = one([for o in module.overview : { function_name = o.function_name, event = o.event_json, page = o.page, topic_arn = o.topic_arn }])
}

output "long_runs" {
  description = "The machines and their tasks: `machine_arns`, `log_group_name` (of the tasks), `bucket` and `results_prefix` (a folder per execution), `repository_url` (null for an existing image), `image`, `policies`, `definitions`; or null."
  value = one([for l in module.long_runs : {
    machine_arns   = l.machine_arns, log_group_name = l.log_group_name, bucket = var.s3_bucket_name, results_prefix = l.results_prefix
    repository_url = l.repository_url, image = l.image, policies = l.policies, definitions = l.definitions
  }])
}
