# The overview has its own function, outside of any VPC, so that neither waits for the other and its role cannot read any data.
module "overview" {
  source                   = "./modules/overview"
  count                    = var.overview ? 1 : 0
  providers                = { aws = aws.a }
  name                     = "${var.name}-overview"
  role_path                = var.role_path
  permissions_boundary_arn = var.permissions_boundary_arn
  tags                     = local.tags
  package_file             = var.package_file
  architecture             = var.architecture
  bucket                   = var.s3_bucket_name
  bucket_owner             = coalesce(var.s3_bucket_owner, local.account_id)
  bucket_kms_key_arn       = local.bucket_key_arn
  kms_key_arn              = local.kms_key_arn
  exports                  = [{ prefix = local.prefix == "" ? null : "${local.prefix}/" }]
  roles = concat(
    [{ role_arn = "arn:${local.partition}:iam::${var.account_b_id}:role${var.role_path}${var.name}-overview", external_id = var.external_id, region = local.region_b }],
    [for arn in var.overview_role_arns : { role_arn = arn, external_id = var.external_id }],
  )
  schedule_expression = var.overview_schedule_expression
  topic_arn           = lookup(var.environment, "OVERVIEW_TOPIC_ARN", null)
  emails              = var.overview_emails
  log_retention_days  = var.log_retention_days
  # An account may have no concurrency to reserve; two simultaneous runs do not disturb each other.
  reserved_concurrency = -1
}
