data "aws_partition" "current" {}

locals {
  # The account is the principal and the role a condition: IAM refuses a principal that does not exist yet.
  trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OverviewFunction"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${split(":", var.function_role_arn)[4]}:root" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = merge(
          { "aws:PrincipalArn" = var.function_role_arn },
          var.external_id == null ? {} : { "sts:ExternalId" = var.external_id },
        )
      }
    }]
  }

  # None of these reads data, and only the first two have resource-level permissions.
  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Databases"
        Effect   = "Allow"
        Action   = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"]
        Resource = ["*"]
      },
      {
        Sid      = "Maintenance"
        Effect   = "Allow"
        Action   = ["rds:DescribePendingMaintenanceActions"]
        Resource = ["*"]
      },
      {
        Sid      = "Figures"
        Effect   = "Allow"
        Action   = ["cloudwatch:GetMetricData"]
        Resource = ["*"]
      },
    ]
  }
}

resource "aws_iam_role" "this" {
  name                 = var.role_name
  path                 = var.role_path
  description          = "Assumed by the overview of account ${split(":", var.function_role_arn)[4]}: lists databases and reads their metrics"
  permissions_boundary = var.permissions_boundary_arn
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.trust)
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  # checkov:skip=CKV_AWS_355:Lists of databases and metrics know no resources.
  name   = "overview"
  role   = aws_iam_role.this.id
  policy = jsonencode(local.policy)
}
