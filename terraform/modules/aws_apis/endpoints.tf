data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  interface = var.mode == "endpoints"
  gateway   = var.mode != "none" && var.s3_gateway
  b         = coalesce(var.cross_account_role_arn, var.function_role_arn)
  rds_arn   = "arn:${local.partition}:rds:${local.region}:${var.database_account_id}"

  # Each endpoint admits one role, one purpose. Lambda's logs, SSM's decryption and traces go other ways.
  services = { for name, s in {
    ssm = { on = true, role = var.function_role_arn, actions = ["ssm:GetParameter", "ssm:GetParametersByPath"], resources = ["*"] }
    sts = { on = true, role = var.function_role_arn, actions = ["sts:AssumeRole", "sts:GetCallerIdentity"], resources = [local.b] }
    rds = { on = true, role = local.b, actions = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
    resources = ["${local.rds_arn}:db:*", "${local.rds_arn}:cluster:*"] }
    secretsmanager = { on = var.secretsmanager, role = local.b, actions = ["secretsmanager:GetSecretValue"],
    resources = ["arn:${local.partition}:secretsmanager:${local.region}:${var.database_account_id}:secret:*"] }
    monitoring = { on = var.monitoring, role = local.b,
    actions = ["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"], resources = ["*"] }
  } : name => s if s.on && local.interface }

  policies = { for name, s in local.services : name => {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OneRole"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = s.actions
      Resource  = s.resources
      Condition = { ArnEquals = { "aws:PrincipalArn" = s.role } }
    }]
  } }

  s3_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheseBuckets"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]
      Resource  = flatten([for arn in var.bucket_arns : [arn, "${arn}/*"]])
    }]
  }
}

resource "aws_security_group" "endpoints" {
  count       = local.interface ? 1 : 0
  name        = "${var.name}-endpoints"
  description = "Interface endpoints of the data extractor: HTTPS from the VPC"
  vpc_id      = var.vpc.id
  tags        = merge(var.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count             = local.interface ? 1 : 0
  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from the VPC"
  cidr_ipv4         = var.vpc.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = local.services
  vpc_id              = var.vpc.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  subnet_ids          = var.vpc.subnet_ids
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true
  policy              = jsonencode(local.policies[each.key])
  tags                = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_endpoint" "s3" {
  count             = local.gateway ? 1 : 0
  vpc_id            = var.vpc.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${local.region}.s3"
  route_table_ids   = var.vpc.route_table_ids
  policy            = jsonencode(local.s3_policy)
  tags              = merge(var.tags, { Name = "${var.name}-s3" })
}
