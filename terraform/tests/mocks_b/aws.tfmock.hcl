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

# The zone of the function's subnets, which has another name in this account.
mock_data "aws_subnet" {
  defaults = {
    vpc_id               = "vpc-0bbbbbbbbbbbbbbbb"
    cidr_block           = "10.1.1.0/24"
    availability_zone    = "eu-west-1c"
    availability_zone_id = "euw1-az1"
    owner_id             = "222222222222"
  }
}

mock_resource "aws_security_group" {
  defaults = {
    id = "sg-0bbbbbbbbbbbbbbb1"
  }
}

mock_resource "aws_vpclattice_resource_gateway" {
  defaults = {
    id = "rgw-0bbbbbbbbbbbbbbbb"
  }
}

mock_resource "aws_vpclattice_resource_configuration" {
  defaults = {
    arn = "arn:aws:vpc-lattice:eu-west-1:222222222222:resourceconfiguration/rcfg-0bbbbbbbbbbbbbbbb"
  }
}

mock_resource "aws_ram_resource_share" {
  defaults = {
    arn = "arn:aws:ram:eu-west-1:222222222222:resource-share/01234567-89ab-cdef-0123-456789abcdef"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:eu-west-1:222222222222:log-group:/aws/vendedlogs/vpc-lattice/rds-data-extractor"
  }
}
