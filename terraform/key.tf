locals {
  # The statements that the key needs, whether created here or existing (output key_policy_json).
  key_statements = [for s in [
    { Sid    = "LogsEncrypt", Principal = { Service = "logs.${local.region}.${local.dns_suffix}" },
      Action = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], Resource = ["*"],
    Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/*/${var.name}*" } } },
    # Alarms publish to an encrypted topic.
    { Sid = "ServicesPublish", Principal = { Service = ["cloudwatch.amazonaws.com", "sns.amazonaws.com"] },
    Action = ["kms:GenerateDataKey*", "kms:Decrypt"], Resource = ["*"], Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } } },
    # The undelivered events of a rule go to an encrypted queue; EventBridge sends no aws:SourceAccount to KMS.
    { Sid = "RulesSend", Principal = { Service = "events.amazonaws.com" }, Action = ["kms:GenerateDataKey*", "kms:Decrypt"], Resource = ["*"] },
    { on        = var.bucket_encryption == "aws:kms", Sid = "RolesWriteObjects",
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }, Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = ["*"],
    Condition = { ArnEquals = { "aws:PrincipalArn" = local.writing_role_arns }, StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" } } },
  ] : { for k, v in merge({ Effect = "Allow" }, s) : k => v if k != "on" } if try(s.on, true)]
}

resource "aws_kms_key" "this" {
  count                   = var.kms_key_arn == null ? 1 : 0
  provider                = aws.a
  description             = "Logs, queues, topics, environment and configuration of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags
  policy = jsonencode({ Version = "2012-10-17", Statement = concat([{
    Sid       = "AccountAdministers"
    Effect    = "Allow"
    Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
    Action    = ["kms:*"]
    Resource  = ["*"]
  }], local.key_statements) })
}

resource "aws_kms_alias" "this" {
  count         = var.kms_key_arn == null ? 1 : 0
  provider      = aws.a
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}
