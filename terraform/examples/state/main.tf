# The bucket for terraform's state, made once an account: encrypted, versioned, locked by S3 itself (use_lockfile).
# Its own state stays local, or moves into it afterwards: terraform init -migrate-state
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
  region = "eu-west-1"
}

variable "name" {
  description = "Name of the bucket: STATE_BUCKET in config.env."
  type        = string
}

module "bucket" {
  source     = "../../modules/bucket"
  name       = var.name
  versioning = true
}

output "backend" {
  description = "What deploy.sh writes with STATE_BUCKET, for use by hand."
  value       = <<-EOT
    terraform {
      backend "s3" {
        bucket       = "${module.bucket.name}"
        key          = "rds-data-extractor/production.tfstate"
        region       = "eu-west-1"
        encrypt      = true
        use_lockfile = true
      }
    }
  EOT
}
