data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition    = data.aws_partition.current.partition
  dns_suffix   = data.aws_partition.current.dns_suffix
  region       = data.aws_region.current.name
  account_id   = data.aws_caller_identity.current.account_id
  a_account_id = split(":", var.function_role_arn)[4]
  rds_arn      = "arn:${local.partition}:rds:${local.region}:${local.account_id}"

  # The account is the principal and the role a condition: IAM refuses a principal that does not exist yet, and a
  # principal that is deleted and made again would no longer match.
  trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FunctionOfAccountA"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.a_account_id}:root" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = merge({
          "aws:PrincipalArn" = var.function_role_arn
          "sts:ExternalId"   = var.external_id
        }, var.organization_id == null ? {} : { "aws:PrincipalOrgID" = var.organization_id })
      }
    }]
  }

  statements = [for s in [
    { on = var.db_instance_identifier != null, is = {
      Sid      = "DescribeInstance"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBInstances"]
      Resource = ["${local.rds_arn}:db:${coalesce(var.db_instance_identifier, "none")}"]
    } },
    { on = var.db_cluster_identifier != null, is = {
      Sid      = "DescribeCluster"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBClusters"]
      Resource = ["${local.rds_arn}:cluster:${coalesce(var.db_cluster_identifier, "none")}"]
    } },
    { on = var.secret_arn != null, is = {
      Sid      = "ReadSecret"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [coalesce(var.secret_arn, "none")]
    } },
    { on = var.secret_kms_key_arn != null, is = {
      Sid      = "DecryptSecret"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [coalesce(var.secret_kms_key_arn, "none")]
      Condition = { StringEquals = {
        "kms:ViaService"                  = "secretsmanager.${local.region}.${local.dns_suffix}"
        "kms:EncryptionContext:SecretARN" = coalesce(var.secret_arn, "none")
      } }
    } },
    { on = var.iam_auth != null, is = {
      Sid    = "LoginAsUser"
      Effect = "Allow"
      Action = ["rds-db:connect"]
      Resource = [for user in try(var.iam_auth.users, []) :
      "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${var.iam_auth.resource_id}/${user}"]
    } },
    # In every region: `discover` names its regions.
    { on = var.allow_discover, is = {
      Sid      = "DiscoverDatabases"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"]
      Resource = [for kind in ["db", "cluster"] : "arn:${local.partition}:rds:*:${local.account_id}:${kind}:*"]
    } },
    # CloudWatch's figures know no resources.
    { on = var.allow_discover, is = {
      Sid      = "ReadFigures"
      Effect   = "Allow"
      Action   = ["cloudwatch:GetMetricData"]
      Resource = ["*"]
    } },
  ] : s.is if s.on]
}

resource "aws_iam_role" "this" {
  name                 = var.role_name
  path                 = var.role_path
  description          = "Assumed by the data extractor of account ${local.a_account_id}: finds and reads one database"
  permissions_boundary = var.permissions_boundary_arn
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.trust)
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = length(local.statements) > 0
      error_message = "The role would allow nothing: name db_instance_identifier, db_cluster_identifier, secret_arn or iam_auth, or set allow_discover."
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "database"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
