# Everything brought along: role, key, log group, topic, bucket of a third account, and a function outside any VPC.
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
  allowed_account_ids = ["111111111111"]
}

variable "package_file" {
  description = "The zip of make package."
  type        = string
}

locals {
  role_b = "arn:aws:iam::222222222222:role/data/CrossAccountRDSAccessRole"
  key    = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"
}

module "bucket" {
  source = "../../modules/bucket"
  name   = "central-exports"
  create = false
}

module "function" {
  source                  = "../../modules/function"
  name                    = "discover"
  package_file            = var.package_file
  role_arn                = "arn:aws:iam::111111111111:role/data/extractor"
  kms_key_arn             = local.key
  use_kms_key             = true
  log_group_name          = "/data/extractor"
  failure_destination_arn = "arn:aws:sns:eu-west-1:111111111111:data-failures"
  assume_role_arns        = [local.role_b]
  bucket                  = { name = module.bucket.name, prefix = "teams/orders", owner = "333333333333" }
  environment             = { S3_BUCKET_NAME = module.bucket.name, S3_BUCKET_OWNER = "333333333333", DB_CONFIG_PARAM = "/myapp/db/" }
}

output "policy_that_the_role_needs" {
  description = "Statements for the role that was brought along."
  value       = module.function.policy_json
}

output "advice" {
  description = "For the bucket's owner."
  value       = module.bucket.owner_advice
}
