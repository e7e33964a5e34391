# Who depends on whom: names first. Account B's role trusts the function's role by name, the function's role may assume
# B's by name; so either side can be applied first.
data "aws_partition" "current" {
  provider = aws.a
}

locals {
  partition = data.aws_partition.current.partition
  region_b  = coalesce(var.account_b_region, var.aws_region)
  tags      = merge({ Application = var.name }, var.tags)

  function_role_arn  = coalesce(var.function_role_arn, "arn:${local.partition}:iam::${var.account_a_id}:role${var.role_path}${var.name}")
  function_role_name = reverse(split("/", local.function_role_arn))[0]
  role_arn_b         = "arn:${local.partition}:iam::${var.account_b_id}:role${var.role_path}${var.cross_account_role_name}"
  # A pattern of ALLOWED_ROLE_ARNS is a limit; what the function's role may assume is named one by one.
  roles          = distinct(concat([local.role_arn_b], [for arn in var.allowed_role_arns : arn if !strcontains(arn, "*")]))
  bucket_arn     = "arn:${local.partition}:s3:::${var.s3_bucket_name}"
  kms_key_arn    = var.kms_key_arn != null ? var.kms_key_arn : module.key[0].arn
  bucket_key_arn = var.s3_kms_key_id != null ? var.s3_kms_key_id : var.bucket_encryption == "aws:kms" ? local.kms_key_arn : null
  bucket_has_key = var.s3_kms_key_id != null || var.bucket_encryption == "aws:kms"
}

module "key" {
  source                = "./modules/key"
  count                 = var.kms_key_arn == null ? 1 : 0
  providers             = { aws = aws.a }
  name                  = var.name
  log_group_arn_pattern = "arn:${local.partition}:logs:${var.aws_region}:${var.account_a_id}:log-group:/aws/*/${var.name}*"
  bucket_user_role_arns = var.bucket_encryption == "aws:kms" ? [local.function_role_arn] : []
}

module "peering" {
  source    = "./modules/peering"
  count     = var.connectivity == "peering" ? 1 : 0
  providers = { aws.a = aws.a, aws.b = aws.b }
  name      = var.name
  a         = { vpc_id = var.account_a_vpc_id, cidr = var.account_a_vpc_cidr, route_table_ids = var.account_a_route_table_ids }
  b = {
    account_id      = var.account_b_id
    region          = local.region_b == var.aws_region ? null : local.region_b
    vpc_id          = var.account_b_vpc_id
    cidr            = var.account_b_vpc_cidr
    route_table_ids = var.account_b_route_table_ids
  }
  db_host                 = var.db_host
  db_port                 = var.db_port
  admit                   = var.db_admit
  function_security_group = var.db_admit == "security_group" ? "${var.account_a_id}/${module.function.security_group_ids[0]}" : null
}

locals {
  # What any kind of connectivity says about the way to the database.
  way = var.connectivity == "peering" ? {
    host            = module.peering[0].host
    port            = module.peering[0].port
    tls_server_name = module.peering[0].tls_server_name
    cidrs           = module.peering[0].admit.cidrs
    groups          = module.peering[0].admit.security_groups
    } : {
    host            = var.db_host
    port            = var.db_port
    tls_server_name = null
    cidrs           = var.function_in_vpc ? [var.account_a_vpc_cidr] : []
    groups          = {}
  }
}

module "account_b" {
  source                   = "./modules/account_b"
  providers                = { aws = aws.b }
  role_name                = var.cross_account_role_name
  role_path                = var.role_path
  permissions_boundary_arn = var.account_b_permissions_boundary_arn
  function_role_arn        = local.function_role_arn
  external_id              = var.external_id
  organization_id          = var.organization_id
  db_instance_identifier   = var.db_instance_identifier
  db_cluster_identifier    = var.db_cluster_identifier
  secret_arn               = var.db_secret_arn
  secret_kms_key_arn       = var.db_secret_kms_key_arn
  iam_auth                 = var.db_auth == "iam" ? { resource_id = var.db_resource_id, users = [var.db_username] } : null
  allow_discover           = var.allow_discover
  db_port                  = local.way.port
  db_security_group_ids    = var.db_security_group_ids
  admit_cidrs              = local.way.cidrs
  admit_security_groups    = local.way.groups
  alarm_topic_arn          = var.account_b_alarm_topic_arn
}

module "aws_apis" {
  source                  = "./modules/aws_apis"
  count                   = var.function_in_vpc ? 1 : 0
  providers               = { aws = aws.a }
  name                    = var.name
  mode                    = var.aws_api_access
  vpc                     = { id = var.account_a_vpc_id, cidr = var.account_a_vpc_cidr, subnet_ids = var.account_a_subnet_ids, route_table_ids = var.account_a_route_table_ids }
  s3_gateway              = var.s3_gateway
  nat_public_subnet_id    = var.nat_public_subnet_id
  secretsmanager          = var.db_secret_arn != null
  monitoring              = var.allow_discover
  function_role_arn       = local.function_role_arn
  cross_account_role_arns = local.roles
  bucket_arns             = distinct(concat([local.bucket_arn], [for name in var.allowed_buckets : "arn:${local.partition}:s3:::${name}"], var.s3_gateway_bucket_arns))
}

module "bucket" {
  source          = "./modules/bucket"
  providers       = { aws = aws.a }
  name            = var.s3_bucket_name
  create          = var.create_bucket
  versioning      = var.bucket_versioning
  expiration_days = var.bucket_expiration_days
  prefix          = try(length(var.s3_key_prefix), 0) == 0 ? "" : "${trimsuffix(var.s3_key_prefix, "/")}/"
  kms_key_arn     = var.create_bucket ? local.bucket_key_arn : null
  organization_id = var.organization_id
  force_destroy   = var.bucket_force_destroy
  log_bucket      = var.bucket_log_bucket
}
