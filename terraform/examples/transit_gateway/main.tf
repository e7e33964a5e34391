# Both accounts, whose networks are attached to a transit gateway of account A that exists already.

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
  connectivity              = "transit_gateway"
  transit_gateway_id        = "tgw-0aaaaaaaaaaaaaaaa"
  account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
  account_b_route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
  account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
  account_a_route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
  account_b_subnet_ids      = ["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"]
  db_security_group_ids     = ["sg-0bbbbbbbbbbbbbbbb"]
  db_cluster_identifier     = "orders"
  db_endpoint               = "reader"
  db_name                   = "orders"
  db_username               = "exporter"
  db_auth                   = "iam"
  db_resource_id            = "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  s3_bucket_name            = "acme-data-extraction"
  s3_key_prefix             = "exports"
}

output "way" {
  description = "How the function reaches the database."
  value       = module.extractor.way
}
