# Names are computed first: account B's role trusts the function's role by name, and the function's role may assume B's by
# name, so that either side can be applied before the other.
data "aws_partition" "current" {
  provider = aws.a
}

data "aws_region" "current" {
  provider = aws.a
}

data "aws_caller_identity" "current" {
  provider = aws.a
}

locals {
  partition  = data.aws_partition.current.partition
  dns_suffix = data.aws_partition.current.dns_suffix
  region     = data.aws_region.current.id
  account_id = data.aws_caller_identity.current.account_id
  region_b   = coalesce(var.account_b_region, local.region)
  tags       = merge({ Application = var.name }, var.tags)
  in_vpc     = length(var.account_a_subnet_ids) > 0

  function_arn      = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
  function_role_arn = coalesce(var.function_role_arn, "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${var.name}")
  role_name_b       = coalesce(var.cross_account_role_name, "${var.name}-database")
  role_arn_b        = "arn:${local.partition}:iam::${var.account_b_id}:role${var.role_path}${local.role_name_b}"
  # Patterns in ALLOWED_ROLE_ARNS only limit events; the roles that the function may assume are listed one by one.
  roles       = distinct(concat([local.role_arn_b], [for arn in var.allowed_role_arns : arn if !strcontains(arn, "*")]))
  kms_key_arn = var.kms_key_arn != null ? var.kms_key_arn : aws_kms_key.this[0].arn
  # An empty prefix means the whole bucket.
  prefix         = trimsuffix(coalesce(var.s3_key_prefix, "/"), "/")
  bucket_key_arn = var.s3_kms_key_id != null ? var.s3_kms_key_id : var.bucket_encryption == "aws:kms" ? local.kms_key_arn : null
  bucket_has_key = var.s3_kms_key_id != null || var.bucket_encryption == "aws:kms"
}

module "account_b" {
  source                             = "./modules/account_b"
  count                              = var.side == "both" ? 1 : 0
  providers                          = { aws = aws.b }
  name                               = var.name
  tags                               = local.tags
  account_b_id                       = var.account_b_id
  cross_account_role_name            = local.role_name_b
  role_path                          = var.role_path
  account_b_permissions_boundary_arn = var.account_b_permissions_boundary_arn
  function_role_arn                  = local.function_role_arn
  external_id                        = var.external_id
  organization_id                    = var.organization_id
  db_instance_identifier             = var.db_instance_identifier
  db_cluster_identifier              = var.db_cluster_identifier
  db_proxy_name                      = var.db_proxy_name
  db_endpoint                        = var.db_endpoint
  db_secret_arn                      = var.db_secret_arn
  db_secret_kms_key_arn              = var.db_secret_kms_key_arn
  db_auth                            = var.db_auth
  db_resource_id                     = var.db_resource_id
  db_username                        = var.db_username
  allow_discover                     = var.allow_discover
  overview                           = var.overview
  long_runs                          = var.long_runs
  db_host                            = var.db_host
  db_port                            = var.db_port
  db_security_group_ids              = var.db_security_group_ids
  account_a_cidrs                    = local.cidrs_a
  function_security_group            = local.function_security_group
  connectivity                       = var.connectivity
  peering_connection_id              = local.peered ? local.peering_connection_id : null
  accept_peering                     = var.peering_connection_id == null
  account_b_route_table_ids          = var.account_b_route_table_ids
  account_b_subnet_ids               = var.account_b_subnet_ids
  lattice_definition                 = var.lattice_definition
  transit_gateway_id                 = var.transit_gateway_id
  transit_gateway_owner              = var.transit_gateway_owner
  share_transit_gateway              = var.share_transit_gateway
  accept_resource_share              = var.accept_resource_share && var.share_transit_gateway
  transit_gateway_route_table_id     = var.transit_gateway_route_table_id
  with_account_a                     = true
  transit_gateway_of_a               = local.transit_gateway_of_a
  accepted_transit_gateway_id        = local.transit ? module.transit_gateway[0].accepted_gateway_id : null
  vpc_endpoint_ids                   = local.privatelink ? aws_vpc_endpoint.database[*].id : []
  target_updater_package_file        = var.target_updater_package_file
  architecture                       = var.architecture
  account_b_access_log_days          = var.account_b_access_log_days
  account_b_cloudtrail_log_group     = var.account_b_cloudtrail_log_group
  account_b_alarm_topic_arn          = var.account_b_alarm_topic_arn
}

module "bucket" {
  source          = "./modules/bucket"
  count           = var.bucket == "create" ? 1 : 0
  providers       = { aws = aws.a }
  name            = var.s3_bucket_name
  tags            = local.tags
  versioning      = var.bucket_versioning
  expiration_days = var.bucket_expiration_days
  prefix          = local.prefix == "" ? "" : "${local.prefix}/"
  kms_key_arn     = local.bucket_key_arn
  organization_id = var.organization_id
  force_destroy   = var.bucket_force_destroy
  log_bucket      = var.bucket_log_bucket
  # An upload may last as long as a run.
  abort_days  = local.long_runs ? 7 : 1
  runs_prefix = local.long_runs ? "${local.results_prefix}/" : null
}
