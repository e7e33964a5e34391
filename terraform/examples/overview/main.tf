# The overview: its function in account A, a role in account B.

terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6.0.0"
    }
  }
}

variable "account_b_role_arn" {
  description = "Role that Terraform assumes in account B."
  type        = string
}

variable "package_file" {
  description = "The zip of `make package`."
  type        = string
}

variable "bucket" {
  description = "Bucket with the exports."
  type        = string
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "b"
  region = "eu-central-1"
  assume_role {
    role_arn = var.account_b_role_arn
  }
}

module "overview" {
  source       = "../../modules/overview"
  package_file = var.package_file
  bucket       = var.bucket
  emails       = ["team@example.com"]
  exports      = [{ prefix = "exports/", every_hours = 24 }]
  thresholds   = { storageDays = 30 }
  roles = [{
    role_arn    = "arn:aws:iam::${split(":", var.account_b_role_arn)[4]}:role/DataExtractionOverview"
    external_id = "unique-external-id"
    region      = "eu-central-1"
  }]
}

module "account_b" {
  source            = "../../modules/overview_role"
  providers         = { aws = aws.b }
  function_role_arn = module.overview.role_arn
  external_id       = "unique-external-id"
}

output "page" {
  description = "Location of the page."
  value       = module.overview.page
}
