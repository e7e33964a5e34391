# Account A alone, for someone without rights in account B, whose team applies ../account_b with the values of the output.

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111111111111"]
}

module "extractor" {
  source    = "../.."
  providers = { aws.a = aws, aws.b = aws }

  side                      = "a"
  package_file              = "../../../target/package/rds-data-extractor-arm64.zip"
  account_b_id              = "222222222222"
  external_id               = "0123456789abcdef0123456789abcdef"
  account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1"]
  account_a_route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
  account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
  account_b_cidrs           = ["10.1.0.0/16"]
  db_instance_identifier    = "orders"
  db_name                   = "orders"
  db_username               = "exporter"
  db_auth                   = "iam"
  db_resource_id            = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  s3_bucket_name            = "acme-data-extraction"
}

output "for_account_b" {
  description = "The values that B's team needs."
  value = {
    function_role_arn     = module.extractor.function_role_arn
    peering_connection_id = module.extractor.peering_connection_id
    account_a_cidrs       = module.extractor.function_cidrs
  }
}
