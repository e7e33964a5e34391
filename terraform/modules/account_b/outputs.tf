output "role_arn" {
  description = "Role that the function assumes: `crossAccountRoleArn` of the event."
  value       = aws_iam_role.this.arn
}

output "policy_json" {
  description = "Policy of the role, as applied."
  value       = aws_iam_role_policy.this.policy
}

output "trust_json" {
  description = "Trust policy of the role, as applied."
  value       = aws_iam_role.this.assume_role_policy
}

output "peering_connection_id" {
  description = "The peering, known once it is accepted; null without one."
  value       = local.connection_id
}

output "resource_configuration_arn" {
  description = "What is shared with account A by connectivity lattice, or null."
  value       = one(aws_vpclattice_resource_configuration.this[*].arn)

  depends_on = [aws_ram_resource_association.this, aws_ram_principal_association.this]
}

output "resource_share_arn" {
  description = "The share that account A accepts, or null."
  value       = local.transit ? module.transit_gateway[0].share_arn : one(aws_ram_resource_share.this[*].arn)

  depends_on = [aws_ram_resource_association.this, aws_ram_principal_association.this]
}

output "entry" {
  description = "VPC and ids of the zones in which the function's connections enter this account, or null."
  value       = local.enters ? { vpc_id = local.entry_vpcs[0], zone_ids = local.entry_zones } : null
}

output "entry_security_group_id" {
  description = "Security group from which they come, which the database's groups have to admit, or null."
  value       = one(aws_security_group.entry[*].id)
}

output "endpoint_service_name" {
  description = "Service to which account A's endpoint connects by connectivity privatelink, or null."
  value       = one(aws_vpc_endpoint_service.this[*].service_name)
}

output "database_host" {
  description = "Name of the database, which is that in its certificate, for connectivity privatelink, or null."
  value       = local.privatelink ? local.database_host : null
}

output "accepted_vpc_endpoint_ids" {
  description = "Endpoints of account A that connectivity privatelink has accepted."
  value       = aws_vpc_endpoint_connection_accepter.this[*].vpc_endpoint_id
}

output "transit_gateway_id" {
  description = "The transit gateway, or null."
  value       = local.transit ? module.transit_gateway[0].gateway_id : null
}

output "created_transit_gateway_id" {
  description = "The transit gateway that this side creates, or null."
  value       = local.transit ? module.transit_gateway[0].created_gateway_id : null
}

output "transit_gateway_attachment_id" {
  description = "Attachment of this account's network, which the gateway's owner accepts, or null."
  value       = local.transit ? module.transit_gateway[0].attachment_id : null
}

output "transit_gateway_ready" {
  description = "false: the gateway's owner has not accepted that attachment yet; the routes are made by the first apply after that. null without one."
  value       = local.transit ? module.transit_gateway[0].ready : null
}

output "accepted_transit_gateway_id" {
  description = "The transit gateway, known once account A's attachment is accepted here, or null."
  value       = local.transit ? module.transit_gateway[0].accepted_gateway_id : null
}
