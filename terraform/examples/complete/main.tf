# Both accounts at once. Outside of this repository the source is
# git::https://github.com/OWNER/rds-data-extractor.git//terraform?ref=v0.1.0, or an address of your registry.

provider "aws" {
  alias               = "a"
  region              = "eu-west-1"
  profile             = "account-a"
  allowed_account_ids = ["111111111111"]
}

provider "aws" {
  alias               = "b"
  region              = "eu-west-1"
  profile             = "account-b"
  allowed_account_ids = ["222222222222"]
}

variable "db_password" {
  description = "Password of the database. Ephemeral: in no plan and no state."
  type        = string
  ephemeral   = true
}

module "extractor" {
  source    = "../.."
  providers = { aws.a = aws.a, aws.b = aws.b }

  package_file              = "../../../target/package/rds-data-extractor-arm64.zip"
  account_b_id              = "222222222222"
  external_id               = "0123456789abcdef0123456789abcdef"
  account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
  account_a_route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
  account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
  account_b_route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
  db_security_group_ids     = ["sg-0bbbbbbbbbbbbbbbb"]
  db_instance_identifier    = "orders"
  db_name                   = "orders"
  db_username               = "exporter"
  db_password               = var.db_password
  db_query                  = "SELECT * FROM users"
  s3_bucket_name            = "acme-data-extraction"
  s3_key_prefix             = "exports"
  schedule_expression       = "cron(0 2 * * ? *)"
}

output "alias_arn" {
  description = "ARN of the alias to invoke."
  value       = module.extractor.alias_arn
}
