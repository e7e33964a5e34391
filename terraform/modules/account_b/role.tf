data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition         = data.aws_partition.current.partition
  dns_suffix        = data.aws_partition.current.dns_suffix
  region            = data.aws_region.current.id
  account_id        = data.aws_caller_identity.current.account_id
  a_account_id      = split(":", local.function_role_arn)[4]
  function_role_arn = coalesce(var.function_role_arn, "arn:${local.partition}:iam::${coalesce(var.account_a_id, "none")}:role${var.role_path}${var.name}")
  # The tasks on Fargate have a role of their own, named after the extractor.
  trusted_arns = [local.function_role_arn, ["arn:${local.partition}:iam::${local.a_account_id}:role${var.role_path}${var.name}-task", local.function_role_arn]][var.long_runs == "fargate" ? 1 : 0]
  role_name    = coalesce(var.cross_account_role_name, "${var.name}-database")
  db_endpoint  = coalesce(var.db_endpoint, "writer")
  rds_arn      = "arn:${local.partition}:rds:${local.region}:${local.account_id}"

  # The account is the principal and the role a condition: IAM refuses a principal that does not exist yet, and a
  # principal that is deleted and created again would no longer match.
  trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FunctionOfAccountA"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.a_account_id}:root" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = merge({
          "aws:PrincipalArn" = local.trusted_arns
          "sts:ExternalId"   = var.external_id
        }, var.organization_id == null ? {} : { "aws:PrincipalOrgID" = var.organization_id })
      }
    }]
  }

  statements = [for s in [
    { on = var.db_instance_identifier != null, Sid = "DescribeInstance", Action = ["rds:DescribeDBInstances"],
    Resource = ["${local.rds_arn}:db:${coalesce(var.db_instance_identifier, "none")}"] },
    { on = var.db_cluster_identifier != null, Sid = "DescribeCluster", Action = ["rds:DescribeDBClusters"],
    Resource = ["${local.rds_arn}:cluster:${coalesce(var.db_cluster_identifier, "none")}"] },
    { on = var.db_cluster_identifier != null && !contains(["writer", "reader"], local.db_endpoint), Sid = "DescribeEndpoint", Action = ["rds:DescribeDBClusterEndpoints"],
    Resource = ["${local.rds_arn}:cluster:${coalesce(var.db_cluster_identifier, "none")}", "${local.rds_arn}:cluster-endpoint:${local.db_endpoint}"] },
    # The ARN of a proxy has its resource id, not its name.
    { on = var.db_proxy_name != null, Sid = "DescribeProxy", Action = concat(["rds:DescribeDBProxies"], local.db_endpoint == "writer" ? [] : ["rds:DescribeDBProxyEndpoints"]),
      Resource = concat(["${local.rds_arn}:db-proxy:${try(startswith(var.db_resource_id, "prx-"), false) ? coalesce(var.db_resource_id, "*") : "*"}"],
    local.db_endpoint == "writer" ? [] : ["${local.rds_arn}:db-proxy-endpoint:*"]) },
    { on = var.db_secret_arn != null, Sid = "ReadSecret", Action = ["secretsmanager:GetSecretValue"],
    Resource = [coalesce(var.db_secret_arn, "none")] },
    { on = var.db_secret_kms_key_arn != null, Sid = "DecryptSecret", Action = ["kms:Decrypt"], Resource = [coalesce(var.db_secret_kms_key_arn, "none")],
    Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.${local.dns_suffix}", "kms:EncryptionContext:SecretARN" = coalesce(var.db_secret_arn, "none") } } },
    { on = var.db_auth == "iam", Sid = "LoginAsUser", Action = ["rds-db:connect"],
    Resource = ["arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${coalesce(var.db_resource_id, "none")}/${coalesce(var.db_username, "none")}"] },
    # In every region, since the events of `discover` name the regions.
    { on = var.allow_discover, Sid = "DiscoverDatabases", Action = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
    Resource = [for kind in ["db", "cluster"] : "arn:${local.partition}:rds:*:${local.account_id}:${kind}:*"] },
    # CloudWatch's metrics have no resource-level permissions.
    { on = var.allow_discover, Sid = "ReadFigures", Action = ["cloudwatch:GetMetricData"], Resource = ["*"] },
  ] : { for k, v in merge({ Effect = "Allow" }, s) : k => v if k != "on" } if try(s.on, true)]
}

resource "aws_iam_role" "this" {
  name                 = local.role_name
  path                 = var.role_path
  description          = "Assumed by the data extractor of account ${local.a_account_id}: finds and reads one database"
  permissions_boundary = var.account_b_permissions_boundary_arn
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.trust)
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = length(local.statements) > 0
      error_message = "The role would allow nothing: name db_instance_identifier, db_cluster_identifier, db_proxy_name or db_secret_arn, set db_auth to iam, or allow_discover."
    }
    precondition {
      condition     = var.account_b_id == null || var.account_b_id == local.account_id
      error_message = "account_b_id is ${coalesce(var.account_b_id, "none")}, but the provider for account B belongs to account ${local.account_id}."
    }
    precondition {
      condition     = local.a_account_id != local.account_id
      error_message = "The function's account and the database's are the same, ${local.account_id}: the database's account is another one."
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "database"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
