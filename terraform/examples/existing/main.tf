# Existing resources: role, key, log group, topic, bucket of a third account, and a function outside any VPC.

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111111111111"]
}

module "extractor" {
  source    = "../.."
  providers = { aws.a = aws, aws.b = aws }

  side                    = "a"
  name                    = "discover"
  package_file            = "../../../target/package/rds-data-extractor-arm64.zip"
  account_b_id            = "222222222222"
  external_id             = "0123456789abcdef0123456789abcdef"
  connectivity            = "existing"
  allow_discover          = true
  configuration_store     = "existing"
  db_config_param         = "/myapp/db/"
  function_role_arn       = "arn:aws:iam::111111111111:role/data/extractor"
  role_path               = "/data/"
  kms_key_arn             = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"
  log_group_name          = "/data/extractor"
  failure_destination_arn = "arn:aws:sns:eu-west-1:111111111111:data-failures"
  alarm_topic_arn         = "arn:aws:sns:eu-west-1:111111111111:alarms"
  bucket                  = "existing"
  s3_bucket_name          = "central-exports"
  s3_bucket_owner         = "333333333333"
  s3_key_prefix           = "teams/orders"
}

output "policies" {
  description = "The permissions that the existing role and the existing key need."
  value       = { role = module.extractor.function_policy_json, key = module.extractor.key_policy_json }
}
