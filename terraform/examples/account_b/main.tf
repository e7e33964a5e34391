# Account B alone: the database's team applies its side itself, before or after account A.
terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6.0.0"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["222222222222"]
}

variable "external_id" {
  description = "Agreed with A's team: openssl rand -hex 16"
  type        = string
}

variable "peering_connection_id" {
  description = "Connection that account A has requested; null before that."
  type        = string
  default     = null
}

module "account_b" {
  source                 = "../../modules/account_b"
  function_role_arn      = "arn:aws:iam::111111111111:role/rds-data-extractor"
  external_id            = var.external_id
  db_instance_identifier = "orders"
  iam_auth               = { resource_id = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", users = ["exporter"] }
  db_security_group_ids  = ["sg-0bbbbbbbbbbbbbbbb"]
  admit_cidrs            = ["10.0.0.0/16"]
}

module "peering" {
  source          = "../../modules/peering/accepter"
  count           = var.peering_connection_id == null ? 0 : 1
  name            = "rds-data-extractor"
  connection_id   = var.peering_connection_id
  peer_cidr       = "10.0.0.0/16"
  route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
}

output "role_arn" {
  description = "What A's team needs."
  value       = module.account_b.role_arn
}
