# Account A alone: someone with no rights in account B. B's team applies ../account_b with what the outputs here say.
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
  allowed_account_ids = [local.account_a]
}

variable "external_id" {
  description = "Agreed with B's team: openssl rand -hex 16"
  type        = string
}

variable "package_file" {
  description = "The zip of make package."
  type        = string
}

variable "peering_accepted" {
  description = "Set to true once B's team has accepted: then this side's DNS option can be set."
  type        = bool
  default     = false
}

locals {
  account_a = "111111111111"
  account_b = "222222222222"
  name      = "rds-data-extractor"
  role_b    = "arn:aws:iam::${local.account_b}:role/CrossAccountRDSAccessRole"
  role_a    = "arn:aws:iam::${local.account_a}:role/${local.name}"
  vpc       = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
  bucket    = "acme-data-extraction"
}

module "peering" {
  source          = "../../modules/peering/requester"
  name            = local.name
  vpc_id          = local.vpc.id
  route_table_ids = local.vpc.route_table_ids
  peer_account_id = local.account_b
  peer_vpc_id     = "vpc-0bbbbbbbbbbbbbbbb"
  peer_cidr       = "10.1.0.0/16"
  accepted        = var.peering_accepted
}

module "aws_apis" {
  source                  = "../../modules/aws_apis"
  name                    = local.name
  vpc                     = local.vpc
  function_role_arn       = local.role_a
  cross_account_role_arns = [local.role_b]
  bucket_arns             = [module.bucket.arn]
}

module "bucket" {
  source = "../../modules/bucket"
  name   = local.bucket
}

# The configuration names no password: the user logs in with IAM.
module "configuration" {
  source = "../../modules/configuration"
  name   = "/cross-account/db-config"
  value  = jsonencode({ dbInstanceIdentifier = "orders", database = "orders", username = "exporter", auth = "iam" })
}

module "function" {
  source             = "../../modules/function"
  name               = local.name
  package_file       = var.package_file
  parameter_arns     = module.configuration.parameter_arns
  assume_role_arns   = [local.role_b]
  bucket             = { name = local.bucket, owner = local.account_a }
  vpc                = { id = local.vpc.id, subnet_ids = local.vpc.subnet_ids }
  db_cidrs           = ["10.1.0.0/16"]
  https_cidrs        = module.aws_apis.https_cidrs
  https_prefix_lists = module.aws_apis.https_prefix_lists
  environment = {
    DB_CONFIG_PARAM = module.configuration.name
    ACCOUNT_B_ID    = local.account_b
    EXTERNAL_ID     = var.external_id
    S3_BUCKET_NAME  = local.bucket
    S3_BUCKET_OWNER = local.account_a
    DB_QUERY        = "SELECT * FROM users"
  }
}

module "schedules" {
  source           = "../../modules/schedules"
  name             = local.name
  alias_arn        = module.function.alias_arn
  function_name    = module.function.function_name
  function_timeout = module.function.timeout
  schedules        = { nightly = { expression = "cron(0 2 * * ? *)", timezone = "Europe/Berlin" } }
}

output "for_account_b" {
  description = "What B's team needs."
  value = {
    function_role_arn     = module.function.role_arn
    peering_connection_id = module.peering.connection_id
    cidr                  = local.vpc.cidr
  }
}
