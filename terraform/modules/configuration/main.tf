data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

resource "aws_ssm_parameter" "this" {
  count            = var.store == "parameter" ? 1 : 0
  name             = var.name
  description      = "Database of the data extractor"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.value
  value_wo_version = var.value_version
  tags             = var.tags
}

# No version resource: a value that terraform reads would be in the state.
resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57:The secret is the database's password, which its owner rotates; RDS rotates the secrets that it manages itself (secretArn).
  count                   = var.store == "secret" ? 1 : 0
  name                    = trimprefix(var.name, "/")
  description             = "Database of the data extractor"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days
  tags                    = var.tags
}
