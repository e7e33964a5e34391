mock_data "aws_partition" {
  defaults = {
    partition  = "aws"
    dns_suffix = "amazonaws.com"
  }
}

mock_data "aws_region" {
  defaults = {
    id   = "eu-west-1"
    name = "eu-west-1"
  }
}

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "222222222222"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::222222222222:role/mocked"
  }
}

mock_data "aws_vpc" {
  defaults = {
    cidr_block_associations = [{ association_id = "1", cidr_block = "10.1.0.0/16", state = "associated" }]
  }
}
