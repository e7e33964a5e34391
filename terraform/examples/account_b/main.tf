# Account B alone: the database's team applies its own side, before or after account A.

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["222222222222"]
}

module "account_b" {
  source                    = "../../modules/account_b"
  function_role_arn         = "arn:aws:iam::111111111111:role/rds-data-extractor"
  external_id               = "0123456789abcdef0123456789abcdef"
  db_instance_identifier    = "orders"
  db_auth                   = "iam"
  db_username               = "exporter"
  db_resource_id            = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  db_security_group_ids     = ["sg-0bbbbbbbbbbbbbbbb"]
  account_a_cidrs           = ["10.0.1.0/24"]
  connectivity              = "peering"
  peering_connection_id     = "pcx-0aaaaaaaaaaaaaaaa"
  account_b_route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
}

output "role_arn" {
  description = "The values that A's team needs."
  value       = module.account_b.role_arn
}
