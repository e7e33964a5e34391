# Every policy, statement by statement, as it is applied.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

mock_provider "aws" {
  alias  = "china"
  source = "./tests/mocks_china"
}

run "account_b_instance" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/data/extractor"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.policy_json).Statement : s.Sid])) == "DescribeInstance"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "DescribeInstance"] == [jsonencode({
      Sid      = "DescribeInstance"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBInstances"]
      Resource = ["arn:aws:rds:eu-west-1:222222222222:db:orders"]
    })]
    error_message = "DescribeInstance is not as expected."
  }
  assert {
    condition = output.trust_json == jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "FunctionOfAccountA"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111111111111:root" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:PrincipalArn" = "arn:aws:iam::111111111111:role/data/extractor", "sts:ExternalId" = "0123456789abcdef" } }
      }]
    })
    error_message = "The trust is not the function's role and the external id alone."
  }
}

run "account_b_everything" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn        = "arn:aws:iam::111111111111:role/data/extractor"
    external_id              = "0123456789abcdef"
    role_path                = "/data/"
    permissions_boundary_arn = "arn:aws:iam::222222222222:policy/boundary"
    organization_id          = "o-a1b2c3d4e5"
    db_cluster_identifier    = "orders"
    secret_arn               = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!db-1-AbCdEf"
    secret_kms_key_arn       = "arn:aws:kms:eu-west-1:222222222222:key/s"
    iam_auth                 = { resource_id = "cluster-ABC", users = ["exporter", "auditor"] }
    allow_discover           = true
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.policy_json).Statement : s.Sid])) == "DecryptSecret,DescribeCluster,DiscoverDatabases,LoginAsUser,ReadFigures,ReadSecret"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "DescribeCluster"] == [jsonencode({
      Sid      = "DescribeCluster"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBClusters"]
      Resource = ["arn:aws:rds:eu-west-1:222222222222:cluster:orders"]
    })]
    error_message = "DescribeCluster is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReadSecret"] == [jsonencode({
      Sid      = "ReadSecret"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!db-1-AbCdEf"]
    })]
    error_message = "ReadSecret is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "DecryptSecret"] == [jsonencode({
      Sid       = "DecryptSecret"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-west-1:222222222222:key/s"]
      Condition = { "StringEquals" : { "kms:EncryptionContext:SecretARN" : "arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!db-1-AbCdEf", "kms:ViaService" : "secretsmanager.eu-west-1.amazonaws.com" } }
    })]
    error_message = "DecryptSecret is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "LoginAsUser"] == [jsonencode({
      Sid      = "LoginAsUser"
      Effect   = "Allow"
      Action   = ["rds-db:connect"]
      Resource = ["arn:aws:rds-db:eu-west-1:222222222222:dbuser:cluster-ABC/exporter", "arn:aws:rds-db:eu-west-1:222222222222:dbuser:cluster-ABC/auditor"]
    })]
    error_message = "LoginAsUser is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "DiscoverDatabases"] == [jsonencode({
      Sid      = "DiscoverDatabases"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"]
      Resource = ["arn:aws:rds:*:222222222222:db:*", "arn:aws:rds:*:222222222222:cluster:*"]
    })]
    error_message = "DiscoverDatabases is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReadFigures"] == [jsonencode({
      Sid      = "ReadFigures"
      Effect   = "Allow"
      Action   = ["cloudwatch:GetMetricData"]
      Resource = ["*"]
    })]
    error_message = "ReadFigures is not as expected."
  }
  assert {
    condition = output.trust_json == jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "FunctionOfAccountA"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111111111111:root" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5", "aws:PrincipalArn" = "arn:aws:iam::111111111111:role/data/extractor", "sts:ExternalId" = "0123456789abcdef" } }
      }]
    })
    error_message = "The trust is not the function's role and the external id alone."
  }
  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::222222222222:policy/boundary" && aws_iam_role.this.path == "/data/" && output.role_name == "data/CrossAccountRDSAccessRole"
    error_message = "The role has path and boundary."
  }
}

run "function_outside_any_vpc" {
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name             = "extractor"
    package_file     = "./main.tf"
    parameter_arns   = ["arn:aws:ssm:eu-west-1:111111111111:parameter/db"]
    assume_role_arns = ["arn:aws:iam::222222222222:role/B"]
    bucket           = { name = "b" }
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.policy_json).Statement : s.Sid])) == "AssumeAccountB,FindUploads,ListObjects,ReadConfiguration,ReportFailures,WriteLogs,WriteObjects"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReadConfiguration"] == [jsonencode({
      Sid      = "ReadConfiguration"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = ["arn:aws:ssm:eu-west-1:111111111111:parameter/db"]
    })]
    error_message = "ReadConfiguration is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "AssumeAccountB"] == [jsonencode({
      Sid      = "AssumeAccountB"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = ["arn:aws:iam::222222222222:role/B"]
    })]
    error_message = "AssumeAccountB is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "WriteObjects"] == [jsonencode({
      Sid      = "WriteObjects"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      Resource = ["arn:aws:s3:::b/*"]
    })]
    error_message = "WriteObjects is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ListObjects"] == [jsonencode({
      Sid      = "ListObjects"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = ["arn:aws:s3:::b"]
    })]
    error_message = "ListObjects is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "FindUploads"] == [jsonencode({
      Sid      = "FindUploads"
      Effect   = "Allow"
      Action   = ["s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]
      Resource = ["arn:aws:s3:::b"]
    })]
    error_message = "FindUploads is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "WriteLogs"] == [jsonencode({
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/extractor:*"]
    })]
    error_message = "WriteLogs is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReportFailures"] == [jsonencode({
      Sid      = "ReportFailures"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = ["arn:aws:sqs:eu-west-1:111111111111:queue"]
    })]
    error_message = "ReportFailures is not as expected."
  }
  assert {
    condition     = length(aws_security_group.this) == 0 && length(aws_lambda_function.this.vpc_config) == 0
    error_message = "A function outside any VPC has no security group and no subnets."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this[0].assume_role_policy).Statement[0].Principal.Service == "lambda.amazonaws.com"
    error_message = "Lambda assumes the execution role."
  }
}

run "function_with_everything" {
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name                     = "extractor"
    package_file             = "./main.tf"
    parameter_arns           = ["arn:aws:ssm:eu-west-1:111111111111:parameter/db"]
    assume_role_arns         = ["arn:aws:iam::222222222222:role/B"]
    role_path                = "/data/"
    permissions_boundary_arn = "arn:aws:iam::111111111111:policy/boundary"
    path_arns                = ["arn:aws:ssm:eu-west-1:111111111111:parameter/myapp/db"]
    secrets                  = { configuration = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:c-AbCdEf" }
    kms_key_arn              = "arn:aws:kms:eu-west-1:111111111111:key/k"
    use_kms_key              = true
    configuration_keys       = { configuration = "arn:aws:kms:eu-west-1:111111111111:key/k" }
    xray                     = true
    vpc                      = { id = "vpc-0aaaaaaaaaaaaaaaa", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"] }
    db_cidrs                 = ["10.1.0.0/16"]
    https_cidrs              = ["10.0.0.0/16"]
    https_prefix_lists       = { s3 = "pl-6da54004" }
    bucket                   = { name = "b", prefix = "exports/users/", owner = "111111111111", kms_key_arn = "arn:aws:kms:eu-west-1:111111111111:key/b", use_kms_key = true }
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.policy_json).Statement : s.Sid])) == "AssumeAccountB,AttachToVpc,DecryptConfiguration,DecryptEnvironment,EncryptFailures,EncryptObjects,FindUploads,ListObjects,NoNetworkFromCode,ReadConfiguration,ReadConfigurationPath,ReadSecret,ReportFailures,Trace,WriteLogs,WriteObjects"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReadConfiguration"] == [jsonencode({
      Sid      = "ReadConfiguration"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = ["arn:aws:ssm:eu-west-1:111111111111:parameter/db"]
    })]
    error_message = "ReadConfiguration is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReadConfigurationPath"] == [jsonencode({
      Sid      = "ReadConfigurationPath"
      Effect   = "Allow"
      Action   = ["ssm:GetParametersByPath"]
      Resource = ["arn:aws:ssm:eu-west-1:111111111111:parameter/myapp/db"]
    })]
    error_message = "ReadConfigurationPath is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReadSecret"] == [jsonencode({
      Sid      = "ReadSecret"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:eu-west-1:111111111111:secret:c-AbCdEf"]
    })]
    error_message = "ReadSecret is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "DecryptConfiguration"] == [jsonencode({
      Sid       = "DecryptConfiguration"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-west-1:111111111111:key/k"]
      Condition = { "StringEquals" : { "kms:ViaService" : ["ssm.eu-west-1.amazonaws.com", "secretsmanager.eu-west-1.amazonaws.com"] } }
    })]
    error_message = "DecryptConfiguration is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "DecryptEnvironment"] == [jsonencode({
      Sid       = "DecryptEnvironment"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-west-1:111111111111:key/k"]
      Condition = { "StringEquals" : { "kms:EncryptionContext:aws:lambda:FunctionArn" : "arn:aws:lambda:eu-west-1:111111111111:function:extractor" } }
    })]
    error_message = "DecryptEnvironment is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "AssumeAccountB"] == [jsonencode({
      Sid      = "AssumeAccountB"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = ["arn:aws:iam::222222222222:role/B"]
    })]
    error_message = "AssumeAccountB is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "WriteObjects"] == [jsonencode({
      Sid       = "WriteObjects"
      Effect    = "Allow"
      Action    = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      Resource  = ["arn:aws:s3:::b/exports/users/*"]
      Condition = { "StringEquals" : { "aws:ResourceAccount" : "111111111111" } }
    })]
    error_message = "WriteObjects is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ListObjects"] == [jsonencode({
      Sid       = "ListObjects"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = ["arn:aws:s3:::b"]
      Condition = { "StringEquals" : { "aws:ResourceAccount" : "111111111111" }, "StringLikeIfExists" : { "s3:prefix" : ["exports/users/*"] } }
    })]
    error_message = "ListObjects is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "FindUploads"] == [jsonencode({
      Sid       = "FindUploads"
      Effect    = "Allow"
      Action    = ["s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]
      Resource  = ["arn:aws:s3:::b"]
      Condition = { "StringEquals" : { "aws:ResourceAccount" : "111111111111" } }
    })]
    error_message = "FindUploads is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "EncryptObjects"] == [jsonencode({
      Sid       = "EncryptObjects"
      Effect    = "Allow"
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-west-1:111111111111:key/b"]
      Condition = { "StringLike" : { "kms:ViaService" : "s3.*.amazonaws.com" } }
    })]
    error_message = "EncryptObjects is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "WriteLogs"] == [jsonencode({
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/extractor:*"]
    })]
    error_message = "WriteLogs is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ReportFailures"] == [jsonencode({
      Sid      = "ReportFailures"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = ["arn:aws:sqs:eu-west-1:111111111111:queue"]
    })]
    error_message = "ReportFailures is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "EncryptFailures"] == [jsonencode({
      Sid       = "EncryptFailures"
      Effect    = "Allow"
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-west-1:111111111111:key/k"]
      Condition = { "StringEquals" : { "kms:ViaService" : "sqs.eu-west-1.amazonaws.com" } }
    })]
    error_message = "EncryptFailures is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "AttachToVpc"] == [jsonencode({
      Sid      = "AttachToVpc"
      Effect   = "Allow"
      Action   = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"]
      Resource = ["*"]
    })]
    error_message = "AttachToVpc is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "NoNetworkFromCode"] == [jsonencode({
      Sid       = "NoNetworkFromCode"
      Effect    = "Deny"
      Action    = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"]
      Resource  = ["*"]
      Condition = { "ArnEquals" : { "lambda:SourceFunctionArn" : ["arn:aws:lambda:eu-west-1:111111111111:function:extractor"] } }
    })]
    error_message = "NoNetworkFromCode is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "Trace"] == [jsonencode({
      Sid      = "Trace"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"]
    })]
    error_message = "Trace is not as expected."
  }
  assert {
    condition = { for k, r in aws_vpc_security_group_egress_rule.database : k => [r.cidr_ipv4, r.from_port, r.to_port, r.ip_protocol] } == {
      "10.1.0.0/16" = ["10.1.0.0/16", 5432, 5432, "tcp"]
    }
    error_message = "The function reaches the database's network at 5432 and nothing else there."
  }
  assert {
    condition     = [for r in aws_vpc_security_group_egress_rule.https : r.cidr_ipv4] == ["10.0.0.0/16"] && alltrue([for r in aws_vpc_security_group_egress_rule.https : r.from_port == 443 && r.to_port == 443])
    error_message = "HTTPS goes to the VPC's endpoints alone."
  }
  assert {
    condition     = aws_iam_role.this[0].permissions_boundary == "arn:aws:iam::111111111111:policy/boundary" && aws_iam_role.this[0].path == "/data/"
    error_message = "The role has path and boundary."
  }
}

run "bucket_policy" {
  module {
    source = "./modules/bucket"
  }
  providers = { aws = aws.a }
  variables {
    name            = "b-1"
    organization_id = "o-a1b2c3d4e5"
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.policy_json).Statement : s.Sid])) == "ModernTlsOnly,OrganisationOnly,TlsOnly"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "TlsOnly"] == [jsonencode({
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"]
      Condition = { "Bool" : { "aws:SecureTransport" : "false" } }
    })]
    error_message = "TlsOnly is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ModernTlsOnly"] == [jsonencode({
      Sid       = "ModernTlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"]
      Condition = { "NumericLessThan" : { "s3:TlsVersion" : "1.2" } }
    })]
    error_message = "ModernTlsOnly is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "OrganisationOnly"] == [jsonencode({
      Sid       = "OrganisationOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"]
      Condition = { "BoolIfExists" : { "aws:PrincipalIsAWSService" : "false" }, "StringNotEqualsIfExists" : { "aws:PrincipalOrgID" : "o-a1b2c3d4e5" } }
    })]
    error_message = "OrganisationOnly is not as expected."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this[0].rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1
    error_message = "Incomplete uploads are aborted after a day."
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.this[0].rule[0].object_ownership == "BucketOwnerEnforced" && aws_s3_bucket_public_access_block.this[0].restrict_public_buckets
    error_message = "The bucket is private and its owner owns every object."
  }
}

run "bucket_that_exists_is_left_alone" {
  module {
    source = "./modules/bucket"
  }
  providers = { aws = aws.a }
  variables {
    name   = "theirs"
    create = false
  }
  assert {
    condition     = length(aws_s3_bucket.this) + length(aws_s3_bucket_policy.this) + length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "The owner's policy and lifecycle are not ours."
  }
  assert {
    condition     = strcontains(output.owner_advice, "AbortIncompleteMultipartUpload")
    error_message = "The owner is told about the abort rule."
  }
}

run "scheduler_policy" {
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name                     = "x"
    alias_arn                = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name            = "x"
    function_timeout         = 900
    use_kms_key              = true
    kms_key_arn              = "arn:aws:kms:eu-west-1:111111111111:key/k"
    role_path                = "/data/"
    permissions_boundary_arn = "arn:aws:iam::111111111111:policy/boundary"
    schedules                = { nightly = { expression = "cron(0 2 * * ? *)", timezone = "Europe/Berlin", event = "{\"keyPrefix\":\"exports/nightly\"}" } }
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.scheduler_policy_json).Statement : s.Sid])) == "Invoke,KeepUndelivered,UseKey"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.scheduler_policy_json).Statement : jsonencode(s) if s.Sid == "Invoke"] == [jsonencode({
      Sid      = "Invoke"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = ["arn:aws:lambda:eu-west-1:111111111111:function:x:live"]
    })]
    error_message = "Invoke is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.scheduler_policy_json).Statement : jsonencode(s) if s.Sid == "KeepUndelivered"] == [jsonencode({
      Sid      = "KeepUndelivered"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = ["arn:aws:sqs:eu-west-1:111111111111:x-undelivered"]
    })]
    error_message = "KeepUndelivered is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.scheduler_policy_json).Statement : jsonencode(s) if s.Sid == "UseKey"] == [jsonencode({
      Sid      = "UseKey"
      Effect   = "Allow"
      Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource = ["arn:aws:kms:eu-west-1:111111111111:key/k"]
    })]
    error_message = "UseKey is not as expected."
  }
  assert {
    condition = output.scheduler_trust_json == jsonencode({ Version = "2012-10-17", Statement = [{
      Sid       = "ThisGroup", Effect = "Allow", Principal = { Service = "scheduler.amazonaws.com" }, Action = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = "111111111111", "aws:SourceArn" = "arn:aws:scheduler:eu-west-1:111111111111:schedule-group/x" } }
    }] })
    error_message = "The scheduler's role is for this group alone."
  }
  assert {
    condition     = jsondecode(aws_scheduler_schedule.this["nightly"].target[0].input) == { keyPrefix = "exports/nightly", raiseOnError = true }
    error_message = "A schedule's event carries raiseOnError."
  }
  assert {
    condition     = aws_scheduler_schedule.this["nightly"].target[0].retry_policy[0].maximum_retry_attempts == 0 && aws_scheduler_schedule.this["nightly"].schedule_expression_timezone == "Europe/Berlin"
    error_message = "No retries by default, and the time zone is passed on."
  }
  assert {
    condition     = aws_iam_role.scheduler[0].permissions_boundary == "arn:aws:iam::111111111111:policy/boundary" && aws_iam_role.scheduler[0].path == "/data/"
    error_message = "The role has path and boundary."
  }
}

run "queue_and_rule" {
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 60
    function_role    = "x"
    queue            = { visibility_timeout = 360 }
    rule             = { pattern = "{\"source\":[\"app\"]}" }
  }
  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].function_response_types == toset(["ReportBatchItemFailures"]) && endswith(aws_lambda_event_source_mapping.queue[0].function_name, ":live")
    error_message = "The queue answers record by record, through the alias."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.queue[0].policy).Statement[0].Action == ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    error_message = "The function's role may read the queue."
  }
  assert {
    condition     = aws_lambda_permission.rule[0].source_account == "111111111111" && aws_lambda_permission.rule[0].source_arn == aws_cloudwatch_event_rule.this[0].arn && aws_lambda_permission.rule[0].qualifier == "live"
    error_message = "Only this rule of this account may invoke, through the alias."
  }
}

run "key_policy" {
  module {
    source = "./modules/key"
  }
  providers = { aws = aws.a }
  variables {
    name                  = "x"
    log_group_arn_pattern = "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/*/x*"
    bucket_user_role_arns = ["arn:aws:iam::111111111111:role/x"]
  }
  assert {
    condition     = join(",", sort([for s in jsondecode(output.policy_json).Statement : s.Sid])) == "AccountAdministers,LogsEncrypt,RolesWriteObjects,RulesSend,ServicesPublish"
    error_message = "Other statements than expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "AccountAdministers"] == [jsonencode({
      Sid       = "AccountAdministers"
      Effect    = "Allow"
      Principal = { "AWS" : "arn:aws:iam::111111111111:root" }
      Action    = ["kms:*"]
      Resource  = ["*"]
    })]
    error_message = "AccountAdministers is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "LogsEncrypt"] == [jsonencode({
      Sid       = "LogsEncrypt"
      Effect    = "Allow"
      Principal = { "Service" : "logs.eu-west-1.amazonaws.com" }
      Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
      Resource  = ["*"]
      Condition = { "ArnLike" : { "kms:EncryptionContext:aws:logs:arn" : "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/*/x*" } }
    })]
    error_message = "LogsEncrypt is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "ServicesPublish"] == [jsonencode({
      Sid       = "ServicesPublish"
      Effect    = "Allow"
      Principal = { "Service" : ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "sns.amazonaws.com"] }
      Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
      Resource  = ["*"]
      Condition = { "StringEquals" : { "aws:SourceAccount" : "111111111111" } }
    })]
    error_message = "ServicesPublish is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "RulesSend"] == [jsonencode({
      Sid       = "RulesSend"
      Effect    = "Allow"
      Principal = { "Service" : "events.amazonaws.com" }
      Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
      Resource  = ["*"]
    })]
    error_message = "RulesSend is not as expected."
  }
  assert {
    condition = [for s in jsondecode(output.policy_json).Statement : jsonencode(s) if s.Sid == "RolesWriteObjects"] == [jsonencode({
      Sid       = "RolesWriteObjects"
      Effect    = "Allow"
      Principal = { "AWS" : "arn:aws:iam::111111111111:root" }
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = ["*"]
      Condition = { "ArnEquals" : { "aws:PrincipalArn" : ["arn:aws:iam::111111111111:role/x"] }, "StringEquals" : { "kms:ViaService" : "s3.eu-west-1.amazonaws.com" } }
    })]
    error_message = "RolesWriteObjects is not as expected."
  }
}

run "endpoint_policies" {
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                    = "x"
    vpc                     = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    secretsmanager          = true
    monitoring              = true
    function_role_arn       = "arn:aws:iam::111111111111:role/x"
    cross_account_role_arns = ["arn:aws:iam::222222222222:role/B"]
    bucket_arns             = ["arn:aws:s3:::b"]
  }
  assert {
    condition     = join(" ", sort(keys(output.policies))) == "monitoring rds s3 secretsmanager ssm sts"
    error_message = "Other endpoints than expected."
  }
  assert {
    condition     = jsondecode(output.policies["s3"]).Statement[0].Resource == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    error_message = "S3's gateway admits this bucket alone."
  }
  assert {
    condition     = output.policies["ssm"] == jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "TheseRoles", Effect = "Allow", Principal = { AWS = "*" }, Action = ["ssm:GetParameter", "ssm:GetParametersByPath"], Resource = ["*"], Condition = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::111111111111:role/x"] } } }] })
    error_message = "The policy of endpoint ssm is not as expected."
  }
  assert {
    condition     = output.policies["sts"] == jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "TheseRoles", Effect = "Allow", Principal = { AWS = "*" }, Action = ["sts:AssumeRole"], Resource = ["arn:aws:iam::222222222222:role/B"], Condition = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::111111111111:role/x"] } } }] })
    error_message = "The policy of endpoint sts is not as expected."
  }
  assert {
    condition     = output.policies["rds"] == jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "TheseRoles", Effect = "Allow", Principal = { AWS = "*" }, Action = ["rds:DescribeDBInstances", "rds:DescribeDBClusters"], Resource = ["arn:aws:rds:eu-west-1:222222222222:db:*", "arn:aws:rds:eu-west-1:222222222222:cluster:*"], Condition = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::222222222222:role/B"] } } }] })
    error_message = "The policy of endpoint rds is not as expected."
  }
  assert {
    condition     = output.policies["secretsmanager"] == jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "TheseRoles", Effect = "Allow", Principal = { AWS = "*" }, Action = ["secretsmanager:GetSecretValue"], Resource = ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:*"], Condition = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::222222222222:role/B"] } } }] })
    error_message = "The policy of endpoint secretsmanager is not as expected."
  }
  assert {
    condition     = output.policies["monitoring"] == jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "TheseRoles", Effect = "Allow", Principal = { AWS = "*" }, Action = ["cloudwatch:GetMetricData"], Resource = ["*"], Condition = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::222222222222:role/B"] } } }] })
    error_message = "The policy of endpoint monitoring is not as expected."
  }
}

run "endpoints_in_china" {
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.china }
  variables {
    name                    = "x"
    vpc                     = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn       = "arn:aws-cn:iam::111111111111:role/x"
    cross_account_role_arns = ["arn:aws-cn:iam::222222222222:role/B"]
    bucket_arns             = ["arn:aws-cn:s3:::b"]
  }
  assert {
    condition     = [for e in concat(values(aws_vpc_endpoint.interface), aws_vpc_endpoint.s3) : e.service_name] == [for _ in range(4) : "cn.com.amazonaws.cn-north-1.asked"]
    error_message = "In China AWS is asked what the services are called."
  }
}

run "endpoints_for_several_roles" {
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                    = "x"
    vpc                     = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn       = "arn:aws:iam::111111111111:role/x"
    cross_account_role_arns = ["arn:aws:iam::222222222222:role/B", "arn:aws:iam::333333333333:role/C"]
    bucket_arns             = ["arn:aws:s3:::b"]
  }
  assert {
    condition     = jsondecode(output.policies["sts"]).Statement[0].Resource == ["arn:aws:iam::222222222222:role/B", "arn:aws:iam::333333333333:role/C"]
    error_message = "Each of the roles may be assumed."
  }
  assert {
    condition     = join(" ", distinct([for arn in jsondecode(output.policies["rds"]).Statement[0].Resource : split(":", arn)[4]])) == "222222222222 333333333333"
    error_message = "Their accounts' databases may be described."
  }
  assert {
    condition     = aws_vpc_endpoint.interface["ssm"].service_name == "com.amazonaws.eu-west-1.ssm"
    error_message = "Outside China the name follows from the region."
  }
}

run "nat_instead_of_endpoints" {
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "x"
    mode                 = "nat"
    nat_public_subnet_id = "subnet-0aaaaaaaaaaaaaaa9"
    vpc                  = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn    = "arn:aws:iam::111111111111:role/x"
    bucket_arns          = ["arn:aws:s3:::b"]
  }
  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_vpc_endpoint.s3) == 1 && length(aws_route.nat) == 1
    error_message = "NAT has no interface endpoints, S3's gateway and a route a table."
  }
}

run "parameter_of_a_secret" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    store = "secret"
    name  = "/cross-account/db-config"
  }
  assert {
    condition     = output.name == "/aws/reference/secretsmanager/cross-account/db-config" && length(output.secret_arns) == 1 && length(aws_ssm_parameter.this) == 0
    error_message = "A secret is read through Parameter Store's reference."
  }
}

run "path_of_parameters" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    store = "existing"
    name  = "/myapp/db/"
  }
  assert {
    condition     = join(" ", output.parameter_arns) == "arn:aws:ssm:eu-west-1:111111111111:parameter/myapp/db/*" && join(" ", output.path_arns) == "arn:aws:ssm:eu-west-1:111111111111:parameter/myapp/db/ arn:aws:ssm:eu-west-1:111111111111:parameter/myapp/db"
    error_message = "A path is read as a whole, and nothing beside it."
  }
}

run "database_admits_the_functions_group" {
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    db_security_group_ids  = ["sg-0bbbbbbbbbbbbbbbb"]
    admit_security_groups  = { function = "111111111111/sg-0aaaaaaaaaaaaaaaa" }
    alarm_topic_arn        = "arn:aws:sns:eu-west-1:222222222222:dba"
  }
  assert {
    condition = [for r in aws_vpc_security_group_ingress_rule.group : [r.security_group_id, r.referenced_security_group_id, r.from_port, r.to_port, r.ip_protocol]] == [
      ["sg-0bbbbbbbbbbbbbbbb", "111111111111/sg-0aaaaaaaaaaaaaaaa", 5432, 5432, "tcp"]
    ] && length(aws_vpc_security_group_ingress_rule.cidr) == 0
    error_message = "The database admits the function's group at 5432 alone."
  }
  assert {
    condition     = join(" ", sort(keys(aws_cloudwatch_metric_alarm.database))) == "connections cpu storage"
    error_message = "The database has its three alarms."
  }
}

run "unusual_use_of_the_role" {
  module {
    source = "./modules/assume_role_alarm"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "x"
    cloudtrail_log_group = "trail"
    role_arn             = "arn:aws:iam::222222222222:role/B"
    function_role_arn    = "arn:aws:iam::111111111111:role/x"
    alarm_topic_arns     = ["arn:aws:sns:eu-west-1:111111111111:topic"]
  }
  assert {
    condition     = output.pattern == "{ ($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"arn:aws:iam::222222222222:role/B\") && (($.errorCode = \"*\") || ($.userIdentity.sessionContext.sessionIssuer.userName != \"x\")) }"
    error_message = "Refusals and other callers count."
  }
}

run "unusual_use_of_the_role_seen_from_its_own_account" {
  module {
    source = "./modules/assume_role_alarm"
  }
  providers = { aws = aws.b }
  variables {
    name                 = "x"
    cloudtrail_log_group = "trail"
    role_arn             = "arn:aws:iam::222222222222:role/B"
    function_role_arn    = "arn:aws:iam::111111111111:role/x"
    alarm_topic_arns     = ["arn:aws:sns:eu-west-1:222222222222:topic"]
  }
  assert {
    condition     = output.pattern == "{ ($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"arn:aws:iam::222222222222:role/B\") && (($.errorCode = \"*\") || ($.userIdentity.accountId != \"111111111111\") || ($.requestParameters.roleSessionName != \"LambdaDataExtraction-*\")) }"
    error_message = "That account's trail does not name the calling role: its account and the session's name count."
  }
}

run "alarms_are_the_functions_own" {
  module {
    source = "./modules/watching"
  }
  providers = { aws = aws.a }
  variables {
    name                     = "x"
    function_name            = "x"
    function_timeout         = 900
    kms_key_arn              = "arn:aws:kms:eu-west-1:111111111111:key/k"
    queues                   = { failures = "x-failures" }
    no_success_hours         = 26
    budget_monthly_usd       = 40
    alarm_emails             = ["team@example.com"]
    flow_logs_vpc_id         = "vpc-0aaaaaaaaaaaaaaaa"
    role_path                = "/data/"
    permissions_boundary_arn = "arn:aws:iam::111111111111:policy/boundary"
  }
  assert {
    condition     = join(" ", sort(output.alarm_names)) == "x-AssumeRoleDenied x-AssumeRoleFailed x-ConnectTimeout x-duration x-errors x-no-success x-queue-failures x-throttles"
    error_message = "Other alarms than expected."
  }
  assert {
    condition     = alltrue([for a in concat(values(aws_cloudwatch_metric_alarm.failure), aws_cloudwatch_metric_alarm.no_success) : a.namespace == "RdsDataExtractor" && a.metric_name == "Runs" && a.dimensions["FunctionName"] == "x"])
    error_message = "Two functions of one account share no alarm: FunctionName is a dimension of each."
  }
  assert {
    condition     = { for k, a in aws_cloudwatch_metric_alarm.failure : k => a.dimensions["outcome"] } == { AssumeRoleDenied = "AssumeRoleDenied", AssumeRoleFailed = "AssumeRoleFailed", ConnectTimeout = "ConnectTimeout" } && aws_cloudwatch_metric_alarm.no_success[0].dimensions["outcome"] == "Success"
    error_message = "An alarm for each errorType, and one for the lack of success."
  }
  assert {
    condition     = alltrue([for a in values(aws_cloudwatch_metric_alarm.lambda) : a.dimensions == tomap({ FunctionName = "x", Resource = "x:live" })]) && aws_cloudwatch_metric_alarm.lambda["duration"].threshold == 765000
    error_message = "Lambda's own figures are the alias's; the duration alarms near the timeout, in milliseconds."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.no_success[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.no_success[0].period * aws_cloudwatch_metric_alarm.no_success[0].evaluation_periods == 26 * 3600
    error_message = "No run at all for so many hours alarms too."
  }
  assert {
    condition     = { for k, b in aws_budgets_budget.this : k => b.limit_amount } == { total = "40", data-transfer = "10", lambda = "20" }
    error_message = "Budgets: total, data transfer, Lambda."
  }
  assert {
    condition     = aws_sns_topic.this[0].kms_master_key_id == "arn:aws:kms:eu-west-1:111111111111:key/k" && jsondecode(aws_sns_topic_policy.this[0].policy).Statement[0].Condition == { StringEquals = { "aws:SourceAccount" = "111111111111" } }
    error_message = "The topic has a key of our own, and takes alarms and budgets of this account alone."
  }
  assert {
    condition     = aws_iam_role.flow[0].permissions_boundary == "arn:aws:iam::111111111111:policy/boundary" && aws_iam_role.flow[0].path == "/data/" && jsondecode(aws_iam_role.flow[0].assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111111111111"
    error_message = "The flow logs' role has path and boundary, and is for this account's flow logs."
  }
}
