output "https_cidrs" {
  description = "Networks that the function must reach at 443."
  value       = var.mode == "endpoints" ? [var.vpc.cidr] : ["0.0.0.0/0"]
}

output "https_prefix_lists" {
  description = "Prefix lists that the function must reach at 443: label => id."
  value       = { for label, id in { s3 = one([for e in aws_vpc_endpoint.s3 : e.prefix_list_id]) } : label => id if local.gateway }
}

output "policies" {
  description = "Policies of the endpoints, by service, as JSON."
  value       = merge({ for name, p in local.policies : name => jsonencode(p) }, { for name, p in { s3 = jsonencode(local.s3_policy) } : name => p if local.gateway })
}

output "nat_address" {
  description = "Public address of the NAT gateway, or null."
  value       = one([for e in aws_eip.nat : e.public_ip])
}
