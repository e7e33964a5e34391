# Every kind of connectivity has these four outputs.
output "host" {
  description = "Host that the function connects to; null: the function asks RDS."
  value       = var.db_host
}

output "port" {
  description = "Port that the function connects to."
  value       = var.db_port
}

output "tls_server_name" {
  description = "Name that the database's certificate must carry where it is not the host's; null: the host's."
  value       = null
}

output "admit" {
  description = "What the database's security group must admit: `cidrs`, and `security_groups` (label => `ACCOUNT/sg-…`)."
  value = {
    cidrs           = var.admit == "cidr" ? [var.a.cidr] : []
    security_groups = { for label, group in { function = var.function_security_group } : label => group if var.admit == "security_group" }
  }
}

output "connection_id" {
  description = "The peering connection."
  value       = module.accepter.connection_id
}
