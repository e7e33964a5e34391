output "created_gateway_id" {
  description = "The gateway that is created here, or null."
  value       = one(aws_ec2_transit_gateway.this[*].id)
}

output "gateway_id" {
  description = "The gateway."
  value       = local.gateway_id
}

output "share_arn" {
  description = "Share that the other account accepts, or null."
  value       = one(aws_ram_resource_share.this[*].arn)

  depends_on = [aws_ram_resource_association.this, aws_ram_principal_association.this]
}

output "attachment_id" {
  description = "Attachment of this account's network."
  value       = aws_ec2_transit_gateway_vpc_attachment.this.id
}

output "accepted_gateway_id" {
  description = "The gateway, known once the other account's attachment is accepted here; null if none is."
  value       = try(aws_ec2_transit_gateway_vpc_attachment_accepter.this[0].transit_gateway_id, null)

  depends_on = [aws_ec2_transit_gateway_route_table_association.this, aws_ec2_transit_gateway_route_table_propagation.this]
}

output "ready" {
  description = "Whether the attachment is accepted, as far as that was known while planning; otherwise there are no routes yet."
  value       = local.ready

  # What needs the connection waits for the acceptance by the other account too.
  depends_on = [var.accepted_gateway_id]
}
