data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition    = data.aws_partition.current.partition
  dns_suffix   = data.aws_partition.current.dns_suffix
  region       = data.aws_region.current.name
  account_id   = data.aws_caller_identity.current.account_id
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
  log_group    = coalesce(var.log_group_name, "/aws/lambda/${var.name}")
  bucket_arns  = [for name in concat([var.bucket.name], var.bucket.others) : "arn:${local.partition}:s3:::${name}"]
  prefix       = trimsuffix(var.bucket.prefix, "/")
  object_arns  = [for arn in local.bucket_arns : local.prefix == "" ? "${arn}/*" : "${arn}/${local.prefix}/*"]
  # The bucket is named by its name alone: the owner's account keeps a bucket that was deleted and taken by someone else out.
  bucket_owner = var.bucket.owner == null ? {} : { StringEquals = { "aws:ResourceAccount" = var.bucket.owner } }

  statements = [for s in [
    { on = length(var.parameter_arns) > 0, is = {
      Sid      = "ReadConfiguration"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = var.parameter_arns
    } },
    { on = length(var.path_arns) > 0, is = {
      Sid      = "ReadConfigurationPath"
      Effect   = "Allow"
      Action   = ["ssm:GetParametersByPath"]
      Resource = var.path_arns
    } },
    { on = length(var.secrets) > 0, is = {
      Sid      = "ReadSecret"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = values(var.secrets)
    } },
    { on = length(var.configuration_keys) > 0, is = {
      Sid      = "DecryptConfiguration"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = values(var.configuration_keys)
      Condition = { StringEquals = { "kms:ViaService" = [
        "ssm.${local.region}.${local.dns_suffix}", "secretsmanager.${local.region}.${local.dns_suffix}"
      ] } }
    } },
    { on = var.use_kms_key, is = {
      Sid       = "DecryptEnvironment"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:EncryptionContext:aws:lambda:FunctionArn" = local.function_arn } }
    } },
    { on = length(var.assume_role_arns) > 0, is = {
      Sid      = "AssumeAccountB"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = var.assume_role_arns
    } },
    { on = true, is = {
      Sid       = "WriteObjects"
      Effect    = "Allow"
      Action    = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      Resource  = local.object_arns
      Condition = local.bucket_owner
    } },
    # HeadObject of a missing key answers 404 only to those who may list, and comes without s3:prefix: hence IfExists.
    { on = true, is = {
      Sid       = "ListObjects"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = local.bucket_arns
      Condition = merge(local.bucket_owner, local.prefix == "" ? {} : { StringLikeIfExists = { "s3:prefix" = ["${local.prefix}/*"] } })
    } },
    # These know no s3:prefix: with that condition they would always be refused.
    { on = true, is = {
      Sid       = "FindUploads"
      Effect    = "Allow"
      Action    = ["s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]
      Resource  = local.bucket_arns
      Condition = local.bucket_owner
    } },
    { on = var.bucket.use_kms_key, is = {
      Sid       = "EncryptObjects"
      Effect    = "Allow"
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = [var.bucket.kms_key_arn]
      Condition = { StringLike = { "kms:ViaService" = "s3.*.${local.dns_suffix}" } }
    } },
    { on = true, is = {
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}:*"]
    } },
    { on = true, is = {
      Sid      = "ReportFailures"
      Effect   = "Allow"
      Action   = [strcontains(local.failure_destination_arn, ":sns:") ? "sns:Publish" : "sqs:SendMessage"]
      Resource = [local.failure_destination_arn]
    } },
    { on = var.use_kms_key && var.failure_destination_arn == null, is = {
      Sid       = "EncryptFailures"
      Effect    = "Allow"
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.${local.dns_suffix}" } }
    } },
    # Lambda itself makes the network interfaces with this role, and asks for all resources.
    { on = var.vpc != null, is = {
      Sid    = "AttachToVpc"
      Effect = "Allow"
      Action = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"
      ]
      Resource = ["*"]
    } },
    # ... and the function's own code may not.
    { on = var.vpc != null, is = {
      Sid    = "NoNetworkFromCode"
      Effect = "Deny"
      Action = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"
      ]
      Resource  = ["*"]
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [local.function_arn] } }
    } },
    { on = var.xray, is = {
      Sid      = "Trace"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"]
    } },
  ] : { for k, v in s.is : k => v if k != "Condition" || try(length(v) > 0, false) } if s.on]
}
