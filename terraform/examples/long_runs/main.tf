# Exports of more than 15 minutes as tasks on Fargate, and all tables of a schema every night (docs/long-runs.md).

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
  db_auth                   = "iam"
  db_resource_id            = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  s3_bucket_name            = "acme-data-extraction"
  s3_key_prefix             = "exports"

  long_runs           = "fargate"
  container_image_tag = "v1"
  container_cpu       = 4096
  container_memory    = 8192
  export_concurrency  = 10

  schedules = {
    nightly = {
      expression = "cron(0 2 * * ? *)"
      start      = "export-all"
      event      = jsonencode({ template = { table = "{table}", format = "parquet" }, forEach = { tables = ["public.*"] } })
    }
    orders = {
      expression = "cron(0 4 ? * SUN *)"
      start      = "export"
      route      = "fargate"
      event      = jsonencode({ table = "sales.orders", parallelism = 8, format = "parquet" })
    }
  }
}

output "machine_arns" {
  description = "ARNs of the two machines."
  value       = module.extractor.long_runs.machine_arns
}
