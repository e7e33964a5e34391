output "machine_arns" {
  description = "ARNs of the machines: `export` runs one export, `export_all` a list of them."
  value       = local.machine_arns
  depends_on  = [aws_sfn_state_machine.export, aws_sfn_state_machine.export_all]
}

output "definitions" {
  description = "Definitions of the machines as JSON, by the same names."
  value       = { export = local.export_definition, export_all = local.export_all_definition }
}

output "policies" {
  description = "Policies of the roles as JSON: `task`, `execution` (Fargate itself), `task_trust`, `export`, `export_all`, `machine_trust`."
  value = merge({ for name, statements in {
    task = var.task_statements, execution = local.execution_statements, export = local.export_statements, export_all = local.export_all_statements
    } : name => jsonencode({ Version = "2012-10-17", Statement = statements })
  }, { task_trust = jsonencode(local.trust), machine_trust = jsonencode(local.machine_trust) })
}

output "task_role_arn" {
  description = "Role of the tasks, which account B trusts as it trusts the function's."
  value       = aws_iam_role.task.arn
}

output "repository_url" {
  description = "Repository for the image, or null."
  value       = one(aws_ecr_repository.this[*].repository_url)
}

output "image" {
  description = "The image that the tasks run."
  value       = local.image
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = aws_cloudwatch_log_group.tasks.name
}

output "results_prefix" {
  description = "Prefix below which each execution has a folder."
  value       = var.results_prefix
}

output "task" {
  description = "What the tasks have: `cpu`, `memory`, `cpu_architecture`, `storage`, `container` (its definition), `subnet_ids`, `security_group_ids`."
  value = {
    cpu       = aws_ecs_task_definition.this.cpu, memory = aws_ecs_task_definition.this.memory, cpu_architecture = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture
    storage   = one(aws_ecs_task_definition.this.ephemeral_storage[*].size_in_gib)
    container = local.container, subnet_ids = var.subnet_ids, security_group_ids = var.security_group_ids
  }
}
