data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  dns_suffix = data.aws_partition.current.dns_suffix
  region     = data.aws_region.current.name
  account_id = data.aws_caller_identity.current.account_id
  this_account = {
    StringEquals = { "aws:SourceAccount" = local.account_id }
  }

  statements = [for s in [
    { on = true, is = {
      Sid       = "AccountAdministers"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = ["kms:*"]
      Resource  = ["*"]
    } },
    { on = true, is = {
      Sid       = "LogsEncrypt"
      Effect    = "Allow"
      Principal = { Service = "logs.${local.region}.${local.dns_suffix}" }
      Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
      Resource  = ["*"]
      Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = var.log_group_arn_pattern } }
    } },
    # Alarms and budgets publish to an encrypted topic.
    { on = true, is = {
      Sid       = "ServicesPublish"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "sns.amazonaws.com"] }
      Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
      Resource  = ["*"]
      Condition = local.this_account
    } },
    # A rule's undelivered events go to an encrypted queue; EventBridge sends no aws:SourceAccount to KMS.
    { on = true, is = {
      Sid       = "RulesSend"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
      Resource  = ["*"]
    } },
    { on = length(var.bucket_user_role_arns) > 0, is = {
      Sid       = "RolesWriteObjects"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = ["*"]
      Condition = {
        ArnEquals    = { "aws:PrincipalArn" = var.bucket_user_role_arns }
        StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" }
      }
    } },
  ] : s.is if s.on]
}

resource "aws_kms_key" "this" {
  description             = "Logs, queues, topics, environment and configuration of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = jsonencode({ Version = "2012-10-17", Statement = local.statements })
  tags                    = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
