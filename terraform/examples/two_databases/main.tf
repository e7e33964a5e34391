# A function for each of several databases of account B: names are derived from the key. The first creates peering and
# endpoints; the others use them.

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

locals {
  databases = {
    orders    = { resource_id = "db-ORDERSAAAAAAAAAAAAAAAAAAAA", first = true }
    customers = { resource_id = "db-CUSTOMERSAAAAAAAAAAAAAAAAA", first = false }
  }
}

module "extractor" {
  source    = "../.."
  for_each  = local.databases
  providers = { aws.a = aws.a, aws.b = aws.b }

  name                      = "${each.key}-extractor"
  package_file              = "../../../target/package/rds-data-extractor-arm64.zip"
  account_b_id              = "222222222222"
  external_id               = "0123456789abcdef0123456789abcdef"
  connectivity              = each.value.first ? "peering" : "existing"
  aws_api_access            = each.value.first ? "endpoints" : "existing"
  account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1"]
  account_a_route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
  account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
  account_b_route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
  db_instance_identifier    = each.key
  db_name                   = each.key
  db_username               = "exporter"
  db_auth                   = "iam"
  db_resource_id            = each.value.resource_id
  s3_bucket_name            = "acme-${each.key}-exports"
}
