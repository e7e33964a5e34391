output "connection_id" {
  description = "The connection's id: what the peer accepts."
  value       = aws_vpc_peering_connection.this.id
}
