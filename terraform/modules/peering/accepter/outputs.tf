output "connection_id" {
  description = "The connection's id, known once it is accepted."
  value       = aws_vpc_peering_connection_accepter.this.id
}

output "accept_status" {
  description = "State of the connection, `active` when all is well."
  value       = aws_vpc_peering_connection_accepter.this.accept_status
}
