terraform {
  # 1.11 brought write-only arguments: the database's password is in no state.
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      version               = ">= 5.100.0, < 7.0.0"
      configuration_aliases = [aws.a, aws.b]
    }
  }
}
