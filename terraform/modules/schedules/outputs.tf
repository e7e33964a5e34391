output "schedule_names" {
  description = "Schedules, as `GROUP/NAME`."
  value       = [for s in aws_scheduler_schedule.this : "${s.group_name}/${s.name}"]
}

output "queue_url" {
  description = "Queue to send extractions to, or null."
  value       = one(aws_sqs_queue.source[*].url)
}

output "dead_letter_queues" {
  description = "Queues that ought to be empty: label => name."
  value = merge(
    { for q in aws_sqs_queue.undelivered : "undelivered" => q.name },
    { for q in aws_sqs_queue.dead : "dead" => q.name },
  )
}

output "scheduler_trust_json" {
  description = "Who may assume the scheduler's role."
  value       = jsonencode(local.scheduler_trust)
}

output "scheduler_policy_json" {
  description = "What the scheduler's role may do."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.scheduler_statements })
}
