# The permissions of the function.
locals {
  # An allowed bucket may be the ARN of an access point.
  buckets     = [for name in distinct(concat([var.s3_bucket_name], var.allowed_buckets)) : startswith(name, "arn:") ? name : "arn:${local.partition}:s3:::${name}"]
  object_arns = [for arn in local.buckets : join("/", compact([arn, strcontains(arn, ":accesspoint/") ? "object" : "", local.prefix, "*"]))]
  # A bucket's ARN has no account: the condition on the owner excludes a bucket that was deleted and re-created by someone else.
  bucket_owner = { StringEquals = { "aws:ResourceAccount" = coalesce(var.s3_bucket_owner, local.account_id) } }

  interface_actions = [
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"
  ]

  function_statements = [for s in [
    { Sid = "ReadConfiguration", Action = ["ssm:GetParameter"], Resource = local.parameter_arns },
    { on = length(local.path_arns) > 0, Sid = "ReadConfigurationPath", Action = ["ssm:GetParametersByPath"], Resource = local.path_arns },
    { on = var.configuration_store == "secret", Sid = "ReadSecret", Action = ["secretsmanager:GetSecretValue"],
    Resource = [try(local.secret.arn, "")] },
    { Sid = "DecryptConfiguration", Action = ["kms:Decrypt"], Resource = [local.kms_key_arn],
    Condition = { StringEquals = { "kms:ViaService" = ["ssm.${local.region}.${local.dns_suffix}", "secretsmanager.${local.region}.${local.dns_suffix}"] } } },
    { Sid = "DecryptEnvironment", Action = ["kms:Decrypt"], Resource = [local.kms_key_arn],
    Condition = { StringEquals = { "kms:EncryptionContext:aws:lambda:FunctionArn" = local.function_arn } } },
    { Sid = "AssumeAccountB", Action = ["sts:AssumeRole"], Resource = local.roles },
    { Sid = "WriteObjects", Resource = local.object_arns, Condition = local.bucket_owner, Action = concat(["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      var.allow_delete ? ["s3:DeleteObject"] : [],
    [for name, action in { S3_TAGS = "s3:PutObjectTagging", S3_ACL = "s3:PutObjectAcl" } : action if contains(keys(var.environment), name)]) },
    # HeadObject of a missing key answers 404 only to callers that may list, and is sent without s3:prefix: hence IfExists.
    { Sid = "ListObjects", Action = ["s3:ListBucket"], Resource = local.buckets,
    Condition = merge(local.bucket_owner, local.prefix == "" ? {} : { StringLikeIfExists = { "s3:prefix" = ["${local.prefix}/*"] } }) },
    # These actions have no s3:prefix: with that condition they would always be refused.
    { Sid = "FindUploads", Action = ["s3:ListBucketMultipartUploads", "s3:GetBucketLocation"], Resource = local.buckets,
    Condition = local.bucket_owner },
    { on = local.bucket_has_key, Sid = "EncryptObjects", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = [local.bucket_key_arn],
    Condition = { StringLike = { "kms:ViaService" = "s3.*.${local.dns_suffix}" } } },
    { Sid = "WriteLogs", Action = ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}:*"] },
    { Sid = "ReportFailures", Action = [strcontains(local.failure_destination_arn, ":sns:") ? "sns:Publish" : "sqs:SendMessage"],
    Resource = [local.failure_destination_arn] },
    { on = var.failure_destination_arn == null, Sid = "EncryptFailures", Action = ["kms:GenerateDataKey", "kms:Decrypt"],
    Resource = [local.kms_key_arn], Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.${local.dns_suffix}" } } },
    # Lambda itself reads the queue with this role.
    { on = var.event_queue != null, Sid = "ReadQueue", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = [local.queue_arns["extractions"]] },
    { on = var.event_queue != null, Sid = "DecryptQueue", Action = ["kms:Decrypt"],
    Resource = [local.kms_key_arn], Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.${local.dns_suffix}" } } },
    # Lambda itself creates the network interfaces with this role, and requires all resources.
    { on = local.in_vpc, Sid = "AttachToVpc", Action = local.interface_actions, Resource = ["*"] },
    # ... and the function's own code may not.
    { on = local.in_vpc, Sid = "NoNetworkFromCode", Effect = "Deny", Action = local.interface_actions, Resource = ["*"],
    Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [local.function_arn] } } },
    { on = var.xray, Sid = "Trace", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = ["*"] },
  ] : { for k, v in merge({ Effect = "Allow" }, s) : k => v if k != "on" && (k != "Condition" || try(length(v) > 0, false)) } if try(s.on, true)]
}

resource "aws_iam_role" "function" {
  count                = var.function_role_arn == null ? 1 : 0
  provider             = aws.a
  name                 = var.name
  path                 = var.role_path
  description          = "Execution role of the function ${var.name}"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags

  # No aws:SourceArn here: Lambda assumes the execution role without one.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Lambda"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  count    = var.function_role_arn == null ? 1 : 0
  provider = aws.a
  name     = "extract"
  role     = aws_iam_role.function[0].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.function_statements })
}
