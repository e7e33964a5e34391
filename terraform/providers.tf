# allowed_account_ids: a profile that belongs to another account fails before anything is made.
provider "aws" {
  alias               = "a"
  region              = var.aws_region
  profile             = var.account_a_profile
  allowed_account_ids = [var.account_a_id]

  dynamic "assume_role" {
    for_each = var.account_a_deploy_role_arn == null ? [] : [var.account_a_deploy_role_arn]
    content {
      role_arn     = assume_role.value
      session_name = "${var.name}-deploy"
    }
  }

  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias               = "b"
  region              = local.region_b
  profile             = var.account_b_profile
  allowed_account_ids = [var.account_b_id]

  dynamic "assume_role" {
    for_each = var.account_b_deploy_role_arn == null ? [] : [var.account_b_deploy_role_arn]
    content {
      role_arn     = assume_role.value
      session_name = "${var.name}-deploy"
    }
  }

  default_tags {
    tags = local.tags
  }
}
