# The policies and the event of the overview.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/data-extraction-overview" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:111111111111:data-extraction-overview" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:111111111111:function:data-extraction-overview" }
  }
}

variables {
  package_file = "./tests/overview.tftest.hcl"
  bucket       = "data-extraction-bucket"
}

run "accounts" {
  module {
    source = "./modules/overview"
  }
  variables {
    roles = [
      { role_arn = "arn:aws:iam::222222222222:role/DataExtractionOverview", external_id = "unique-external-id" },
      { role_arn = "arn:aws:iam::333333333333:role/DataExtractionOverview", region = "eu-west-1" },
    ]
    exports    = [{ prefix = "exports/", every_hours = 24 }, {}]
    thresholds = { storageDays = 30 }
  }

  assert {
    condition = jsondecode(output.event_json) == {
      action     = "overview"
      bucket     = "data-extraction-bucket"
      keyPrefix  = "overview"
      exports    = [{ prefix = "exports/", everyHours = 24 }, {}]
      thresholds = { storageDays = 30 }
      roles = [
        { roleArn = "arn:aws:iam::222222222222:role/DataExtractionOverview", externalId = "unique-external-id" },
        { roleArn = "arn:aws:iam::333333333333:role/DataExtractionOverview", region = "eu-west-1" },
      ]
    }
    error_message = "The event: ${output.event_json}"
  }
  assert {
    condition = toset(flatten([for s in jsondecode(output.policy_json).Statement : s.Action])) == toset([
      "sts:AssumeRole", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "s3:GetObject", "s3:PutObject", "s3:ListBucket",
      "sns:Publish", "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "With roles the function describes nothing itself: ${output.policy_json}"
  }
  assert {
    condition     = one([for s in jsondecode(output.policy_json).Statement : s if s.Sid == "Page"]).Resource[0] == "arn:aws:s3:::data-extraction-bucket/overview/index.html"
    error_message = "The page may be written, and nothing beside it: ${output.policy_json}"
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables.OVERVIEW_TOPIC_ARN == output.topic_arn && aws_lambda_function.this.reserved_concurrent_executions == 1 && length(aws_lambda_function.this.vpc_config) == 0
    error_message = "One run at a time, outside of any VPC, and the topic is the operator's."
  }
}

run "own_account" {
  module {
    source = "./modules/overview"
  }
  assert {
    condition     = contains(flatten([for s in jsondecode(output.policy_json).Statement : s.Action]), "rds:DescribePendingMaintenanceActions") && !can(jsondecode(output.event_json).roles)
    error_message = "Without roles it looks at its own account: ${output.policy_json}"
  }
}

run "encrypted" {
  module {
    source = "./modules/overview"
  }
  variables {
    kms_key_arn        = "arn:aws:kms:eu-central-1:111111111111:key/of-the-function"
    bucket_kms_key_arn = "arn:aws:kms:eu-central-1:111111111111:key/of-the-bucket"
  }
  assert {
    condition     = one([for s in jsondecode(output.policy_json).Statement : s if s.Sid == "Key"]).Resource == ["arn:aws:kms:eu-central-1:111111111111:key/of-the-function", "arn:aws:kms:eu-central-1:111111111111:key/of-the-bucket"]
    error_message = "Both keys may be used: ${output.policy_json}"
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables.S3_KMS_KEY_ID == "arn:aws:kms:eu-central-1:111111111111:key/of-the-bucket" && strcontains(aws_iam_role_policy.scheduler.policy, "kms:Decrypt")
    error_message = "The page has the bucket's key, and the schedule's role may decrypt the event."
  }
}

run "role" {
  module {
    source = "./modules/overview_role"
  }
  variables {
    function_role_arn = "arn:aws:iam::111111111111:role/data-extraction-overview"
    external_id       = "unique-external-id"
  }
  assert {
    condition = toset(flatten([for s in jsondecode(output.policy_json).Statement : s.Action])) == toset([
      "rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribePendingMaintenanceActions", "cloudwatch:GetMetricData",
    ])
    error_message = "The role lists and reads metrics, nothing else: ${output.policy_json}"
  }
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals == {
      "aws:PrincipalArn" = "arn:aws:iam::111111111111:role/data-extraction-overview"
      "sts:ExternalId"   = "unique-external-id"
    }
    error_message = "Only the overview's function may assume it: ${aws_iam_role.this.assume_role_policy}"
  }
}
