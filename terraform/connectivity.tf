# What each way to the database tells the rest of the module, so that nothing else has to know which way it is.
locals {
  peered      = var.connectivity == "peering"
  lattice     = var.connectivity == "lattice"
  privatelink = var.connectivity == "privatelink"
  # The database is reached at an endpoint of the function's own network.
  by_endpoint = local.lattice || local.privatelink
  # The endpoint has a name of its own, which is not that in the certificate.
  by_name = local.lattice && var.lattice_definition == "dns" || local.privatelink && !var.privatelink_private_zone

  # Null: RDS is asked, and its names lead the right way.
  host = !local.by_name ? var.db_host : (
    local.lattice ? data.aws_vpc_endpoint_associations.database[0].associations[0].dns_entry[0].dns_name : aws_vpc_endpoint.database[0].dns_entry[0].dns_name
  )
  # The name in the certificate: of a proxy or a custom endpoint it is given, as it is where account B's side is someone else's.
  database_host   = local.privatelink && var.side == "both" ? module.account_b[0].database_host : var.db_host
  tls_server_name = local.by_name ? coalesce(var.db_tls_server_name, local.database_host) : var.db_tls_server_name
  # Where the function's security group lets it go to: the endpoint, or the networks of the database.
  database_egress = merge(
    { for id in aws_security_group.database[*].id : "database" => { cidr = null, group = id } },
    { for c in local.by_endpoint ? [] : local.cidrs_b : "database ${c}" => { cidr = c, group = null } },
  )
  # What the database's security groups have to admit; what is account B's own is named by B's side.
  database_admit = {
    cidrs          = local.by_endpoint || var.db_admit == "security_group" ? [] : local.cidrs_a
    security_group = !local.by_endpoint ? local.function_security_group : var.side == "both" ? module.account_b[0].entry_security_group_id : null
  }
  function_security_group = (local.peered || local.transit) && var.db_admit == "security_group" ? "${local.account_id}/${aws_security_group.function[0].id}" : null
}
