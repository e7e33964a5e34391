data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  interface = var.mode == "endpoints"
  gateway   = var.mode != "none" && var.s3_gateway
  # Whoever looks at databases, and in which accounts they lie.
  b        = length(var.cross_account_role_arns) > 0 ? var.cross_account_role_arns : [var.function_role_arn]
  accounts = distinct([for arn in local.b : split(":", arn)[4]])

  # Each endpoint admits one purpose, and only those who have it. Lambda's logs, SSM's decryption and traces go other ways.
  services = { for name, s in {
    ssm = { on = true, roles = [var.function_role_arn], actions = ["ssm:GetParameter", "ssm:GetParametersByPath"], resources = ["*"] }
    sts = { on = length(var.cross_account_role_arns) > 0, roles = [var.function_role_arn], actions = ["sts:AssumeRole"], resources = local.b }
    rds = { on = true, roles = local.b, actions = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
    resources = flatten([for id in local.accounts : [for kind in ["db", "cluster"] : "arn:${local.partition}:rds:${local.region}:${id}:${kind}:*"]]) }
    secretsmanager = { on = var.secretsmanager, roles = local.b, actions = ["secretsmanager:GetSecretValue"],
    resources = [for id in local.accounts : "arn:${local.partition}:secretsmanager:${local.region}:${id}:secret:*"] }
    monitoring = { on = var.monitoring, roles = local.b, actions = ["cloudwatch:GetMetricData"], resources = ["*"] }
  } : name => s if s.on && local.interface }

  policies = { for name, s in local.services : name => {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheseRoles"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = s.actions
      Resource  = s.resources
      Condition = { ArnEquals = { "aws:PrincipalArn" = s.roles } }
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

# Services are called com.amazonaws.REGION.NAME, in China some of them cn.com.amazonaws.REGION.NAME: there AWS is asked.
data "aws_vpc_endpoint_service" "china" {
  for_each     = local.partition == "aws-cn" ? local.wanted : []
  service_type = each.key == "s3" ? "Gateway" : "Interface"

  filter {
    name   = "service-name"
    values = ["com.amazonaws.${local.region}.${each.key}", "cn.com.amazonaws.${local.region}.${each.key}"]
  }
}

locals {
  wanted = toset(concat(keys(local.services), local.gateway ? ["s3"] : []))
  names  = { for name in local.wanted : name => try(data.aws_vpc_endpoint_service.china[name].service_name, "com.amazonaws.${local.region}.${name}") }
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
  service_name        = local.names[each.key]
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
  service_name      = local.names["s3"]
  route_table_ids   = var.vpc.route_table_ids
  policy            = jsonencode(local.s3_policy)
  tags              = merge(var.tags, { Name = "${var.name}-s3" })
}
