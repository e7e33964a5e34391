# The root module in a partition other than aws.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_china"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_china"
}

variables {
  account_a_subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"]
  db_secret_arn        = "arn:aws-cn:secretsmanager:cn-north-1:222222222222:secret:rds!db-1-AbCdEf"
  bucket_encryption    = "aws:kms"
  allow_discover       = true
  account_b_cidrs      = ["10.1.0.0/16"]
  schedules            = { nightly = { expression = "rate(1 day)" } }
}

run "in_china" {
  override_data {
    target = module.account_b[0].data.aws_caller_identity.current
    values = { account_id = "222222222222" }
  }
  assert {
    condition     = !strcontains(join(" ", concat([output.function_policy_json], values(output.policies), values(output.endpoint_policies))), "arn:aws:")
    error_message = "No ARN of the partition aws is left."
  }
  assert {
    condition     = [for e in concat(values(aws_vpc_endpoint.interface), aws_vpc_endpoint.s3) : e.service_name] == [for _ in range(6) : "cn.com.amazonaws.cn-north-1.asked"]
    error_message = "AWS is asked what the services are called."
  }
  assert {
    condition = join(" ", flatten([for s in jsondecode(output.function_policy_json).Statement : [for keys in values(try(s.Condition, {})) : try(keys["kms:ViaService"], [])]])) == (
    "ssm.cn-north-1.amazonaws.com.cn secretsmanager.cn-north-1.amazonaws.com.cn s3.*.amazonaws.com.cn sqs.cn-north-1.amazonaws.com.cn")
    error_message = "Services have the partition's domain."
  }
}
