# The bucket for terraform's state (STATE_BUCKET in config.env), created once per account: encrypted, versioned, locked by S3 itself.

provider "aws" {
  region = "eu-west-1"
}

variable "name" {
  description = "Name of the bucket."
  type        = string
}

module "bucket" {
  source     = "../../modules/bucket"
  name       = var.name
  versioning = true
}

output "backend" {
  description = "Backend for a root module of your own; deploy.sh writes a similar one."
  value       = { bucket = module.bucket.name, key = "rds-data-extractor/production.tfstate", region = "eu-west-1", encrypt = true, use_lockfile = true }
}
