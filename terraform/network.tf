# The function's networks are those of its subnets, so that a second CIDR of the VPC (often 100.64/10) needs no setting.
data "aws_subnet" "function" {
  for_each = toset(var.account_a_subnet_ids)
  provider = aws.a
  id       = each.value
}

data "aws_vpc" "a" {
  count    = local.in_vpc ? 1 : 0
  provider = aws.a
  id       = local.vpc_id
}

data "aws_vpc" "b" {
  count    = var.side == "both" && var.account_b_vpc_id != null ? 1 : 0
  provider = aws.b
  id       = var.account_b_vpc_id
}

locals {
  vpc_ids     = distinct([for s in data.aws_subnet.function : s.vpc_id])
  vpc_id      = try(local.vpc_ids[0], null)
  cidrs_a     = distinct([for id in var.account_a_subnet_ids : data.aws_subnet.function[id].cidr_block])
  vpc_cidrs_a = flatten([for v in data.aws_vpc.a : distinct([for c in v.cidr_block_associations : c.cidr_block])])
  cidrs_b = length(var.account_b_cidrs) > 0 ? var.account_b_cidrs : flatten([for v in data.aws_vpc.b :
  distinct([for c in v.cidr_block_associations : c.cidr_block])])
  # Two networks overlap if the one with the longer prefix, truncated to the shorter prefix, is the same network.
  overlaps = [for pair in setproduct(local.vpc_cidrs_a, local.cidrs_b) : join(" and ", pair) if try(
    cidrhost("${split("/", pair[0])[0]}/${min(split("/", pair[0])[1], split("/", pair[1])[1])}", 0) ==
  cidrhost("${split("/", pair[1])[0]}/${min(split("/", pair[0])[1], split("/", pair[1])[1])}", 0), false)]
}

# The rules are separate resources, and a new group is created before the old one is destroyed, since Lambda's network interfaces
# use it. It is destroyed before the role's policy, which Lambda needs to release those interfaces.
resource "aws_security_group" "function" {
  # checkov:skip=CKV2_AWS_5:It is attached to the function by vpc_config.
  count       = local.in_vpc ? 1 : 0
  provider    = aws.a
  name_prefix = "${var.name}-"
  description = "Data extractor: out to the database and to AWS, nothing in"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = var.name })

  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    create_before_destroy = true
    precondition {
      condition     = length(local.vpc_ids) == 1
      error_message = "account_a_subnet_ids lie in several VPCs: ${join(" ", local.vpc_ids)}. A function lies in one."
    }
  }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.in_vpc ? merge(
    { for key, to in local.database_egress : key => merge(to, { list = null, port = var.db_port, what = "PostgreSQL" }) },
    { for c in local.https_cidrs : "https ${c}" => { cidr = c, group = null, list = null, port = 443, what = "AWS APIs" } },
    { for id in data.aws_ec2_managed_prefix_list.s3[*].id : "s3" => { cidr = null, group = null, list = id, port = 443, what = "S3 through its gateway endpoint" } },
  ) : {}
  provider                     = aws.a
  security_group_id            = aws_security_group.function[0].id
  description                  = each.value.what
  cidr_ipv4                    = each.value.cidr
  referenced_security_group_id = each.value.group
  prefix_list_id               = each.value.list
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}
