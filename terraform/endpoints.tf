# A private name is valid in the whole VPC: the endpoints serve everyone there, unless endpoint_policy says otherwise.
locals {
  endpoints = local.in_vpc && var.aws_api_access == "endpoints"
  accounts  = distinct([for arn in local.roles : split(":", arn)[4]])

  # The strict policies: each endpoint admits one purpose and its users. Lambda's logs and traces do not pass through endpoints.
  services = { for name, s in {
    ssm = { on = true, roles = local.extracting_role_arns, actions = ["ssm:GetParameter", "ssm:GetParametersByPath"], resources = ["*"] }
    sts = { on = true, roles = local.extracting_role_arns, actions = ["sts:AssumeRole"], resources = local.roles }
    rds = { on = var.db_host == null && !local.by_name || var.allow_discover, roles = local.roles, actions = concat(["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
      contains(["writer", "reader"], coalesce(var.db_endpoint, "writer")) ? [] : ["rds:DescribeDBClusterEndpoints"],
      var.db_proxy_name == null ? [] : ["rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints"]),
      resources = flatten([for id in local.accounts : [for kind in concat(["db", "cluster"],
        contains(["writer", "reader"], coalesce(var.db_endpoint, "writer")) ? [] : ["cluster-endpoint"],
    var.db_proxy_name == null ? [] : ["db-proxy", "db-proxy-endpoint"]) : "arn:${local.partition}:rds:${local.region}:${id}:${kind}:*"]]) }
    secretsmanager = { on = var.db_secret_arn != null, roles = local.roles, actions = ["secretsmanager:GetSecretValue"],
    resources = [for id in local.accounts : "arn:${local.partition}:secretsmanager:${local.region}:${id}:secret:*"] }
    monitoring = { on = var.allow_discover, roles = local.roles, actions = ["cloudwatch:GetMetricData"], resources = ["*"] }
    # Fargate pulls the image and writes the log through the network of the task.
    "ecr.api" = { on = local.long_runs, roles = local.fargate_role_arns, actions = ["ecr:GetAuthorizationToken"], resources = ["*"] }
    "ecr.dkr" = { on = local.long_runs, roles = local.fargate_role_arns, actions = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], resources = ["*"] }
    logs      = { on = local.long_runs, roles = local.fargate_role_arns, actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["*"] }
  } : name => s if s.on && local.endpoints && !contains(var.existing_endpoints, name) }
  gateway = local.endpoints && !contains(var.existing_endpoints, "s3")
  wanted  = toset(concat(keys(local.services), local.gateway ? ["s3"] : []))

  bucket_arns = flatten([for arn in local.buckets : [arn, strcontains(arn, ":accesspoint/") ? "${arn}/object/*" : "${arn}/*"]])
  anyone      = { Effect = "Allow", Principal = { AWS = "*" }, Action = "*", Resource = "*" }
  perimeter   = var.organization_id != null ? { "aws:PrincipalOrgID" = [var.organization_id] } : { "aws:PrincipalAccount" = distinct([local.account_id, var.account_b_id]) }
  # These requests are unsigned: pods and people who are about to get a role, packages from AWS's own buckets.
  unsigned = {
    sts = { Sid = "RolesByToken", Action = ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"] }
    s3  = { Sid = "Reading", Action = ["s3:GetObject"] }
  }
  tight = merge({ for name, s in local.services : name => { Sid = "TheseRoles", Action = s.actions, Resource = s.resources, Condition = { ArnEquals = { "aws:PrincipalArn" = s.roles } } } }, {
    s3 = {
      Sid      = "TheseBuckets"
      Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation", "s3:PutObjectTagging", "s3:PutObjectAcl"]
      Resource = local.bucket_arns
    }
  })
  endpoint_policies = { for name in local.wanted : name => jsonencode({ Version = "2012-10-17", Statement = {
    open = [merge(local.anyone, { Sid = "Anyone" })]
    perimeter = concat([merge(local.anyone, { Sid = "Perimeter", Condition = { StringEquals = local.perimeter } })],
    [for key, u in local.unsigned : merge(local.anyone, u) if key == name])
    # The layers of images lie in a bucket of AWS's, and are read by signed links.
    function = concat([merge(local.anyone, local.tight[name])], [for region in [local.region] : merge(local.anyone, {
      Sid = "ImageLayers", Action = ["s3:GetObject"], Resource = ["arn:${local.partition}:s3:::prod-${region}-starport-layer-bucket/*"]
    }) if name == "s3" && local.long_runs])
  }[var.endpoint_policy] }) }

  # A service exists only in some zones of a region, and an endpoint takes one subnet in each.
  endpoint_subnets = { for name in keys(local.services) : name => [for subnets in values({ for s in data.aws_subnet.function : s.availability_zone => s.id...
  if contains(data.aws_vpc_endpoint_service.this[name].availability_zones, s.availability_zone) }) : sort(subnets)[0]] }
  # An existing endpoint may be in another VPC.
  https_cidrs = local.endpoints && length(setsubtract(var.existing_endpoints, ["s3"])) == 0 ? local.vpc_cidrs_a : ["0.0.0.0/0"]
}

# Services are named com.amazonaws.REGION.NAME; in China some are named cn.com.amazonaws.REGION.NAME.
data "aws_vpc_endpoint_service" "this" {
  for_each     = local.wanted
  provider     = aws.a
  service_type = each.key == "s3" ? "Gateway" : "Interface"

  filter {
    name   = "service-name"
    values = ["com.amazonaws.${local.region}.${each.key}", "cn.com.amazonaws.${local.region}.${each.key}"]
  }
}

data "aws_ec2_managed_prefix_list" "s3" {
  count    = local.endpoints ? 1 : 0
  provider = aws.a
  name     = "com.amazonaws.${local.region}.s3"
}

resource "aws_security_group" "endpoints" {
  count       = length(local.services) > 0 ? 1 : 0
  provider    = aws.a
  name_prefix = "${var.name}-endpoints-"
  description = "Interface endpoints of the data extractor: HTTPS from the VPC"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-endpoints" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each          = toset(length(local.services) > 0 ? local.vpc_cidrs_a : [])
  provider          = aws.a
  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from the VPC"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = local.services
  provider            = aws.a
  vpc_id              = local.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = data.aws_vpc_endpoint_service.this[each.key].service_name
  subnet_ids          = local.endpoint_subnets[each.key]
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true
  policy              = local.endpoint_policies[each.key]
  tags                = merge(local.tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    precondition {
      condition     = length(local.endpoint_subnets[each.key]) > 0
      error_message = "None of account_a_subnet_ids lies in a zone that has the service ${each.key}: ${join(" ", data.aws_vpc_endpoint_service.this[each.key].availability_zones)}."
    }
  }
}

resource "aws_vpc_endpoint" "s3" {
  count             = local.gateway ? 1 : 0
  provider          = aws.a
  vpc_id            = local.vpc_id
  vpc_endpoint_type = "Gateway"
  service_name      = data.aws_vpc_endpoint_service.this["s3"].service_name
  route_table_ids   = var.account_a_route_table_ids
  policy            = local.endpoint_policies["s3"]
  tags              = merge(local.tags, { Name = "${var.name}-s3" })
}
