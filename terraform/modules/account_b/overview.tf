# The role that the overview of account A assumes; its function is named after the extractor's.
module "overview" {
  source                   = "../overview_role"
  count                    = var.overview ? 1 : 0
  function_role_arn        = "arn:${local.partition}:iam::${local.a_account_id}:role${var.role_path}${var.name}-overview"
  external_id              = var.external_id
  role_name                = "${var.name}-overview"
  role_path                = var.role_path
  permissions_boundary_arn = var.account_b_permissions_boundary_arn
  tags                     = var.tags
}
