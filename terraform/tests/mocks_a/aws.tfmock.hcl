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
    account_id = "111111111111"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:eu-west-1:111111111111:queue"
    url = "https://sqs.eu-west-1.amazonaws.com/111111111111/queue"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:eu-west-1:111111111111:topic"
  }
}

mock_resource "aws_security_group" {
  defaults = {
    id = "sg-0aaaaaaaaaaaaaaaa"
  }
}

mock_resource "aws_vpc_endpoint" {
  defaults = {
    id        = "vpce-0aaaaaaaaaaaaaaaa"
    dns_entry = [{ dns_name = "vpce-0aaaaaaaaaaaaaaaa-xyz.vpce-svc-0bbbbbbbbbbbbbbbb.eu-west-1.vpce.amazonaws.com", hosted_zone_id = "Z2" }]
  }
}

mock_data "aws_vpc_endpoint_associations" {
  defaults = {
    associations = [{
      dns_entry = [{ dns_name = "vpce-0aaaaaaaaaaaaaaaa-rcfg-0bbbbbbbbbbbbbbbb.4232ccc.vpc-lattice-rsc.eu-west-1.on.aws", hosted_zone_id = "Z1" }]
    }]
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::111111111111:role/mocked"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn     = "arn:aws:lambda:eu-west-1:111111111111:function:rds-data-extractor"
    version = "7"
  }
}

mock_resource "aws_lambda_alias" {
  defaults = {
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:rds-data-extractor:live"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:eu-west-1:111111111111:log-group:mocked"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    arn = "arn:aws:events:eu-west-1:111111111111:rule/mocked"
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    name = "cross-account/db-config-AbCdEf"
    arn  = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:cross-account/db-config-AbCdEf"
  }
}

mock_data "aws_subnet" {
  defaults = {
    vpc_id               = "vpc-0aaaaaaaaaaaaaaaa"
    cidr_block           = "10.0.1.0/24"
    availability_zone    = "eu-west-1a"
    availability_zone_id = "euw1-az1"
    owner_id             = "111111111111"
  }
}

mock_data "aws_vpc" {
  defaults = {
    cidr_block_associations = [{ association_id = "1", cidr_block = "10.0.0.0/16", state = "associated" }]
    enable_dns_support      = true
    enable_dns_hostnames    = true
  }
}

mock_data "aws_vpc_endpoint_service" {
  defaults = {
    service_name       = "com.amazonaws.eu-west-1.asked"
    availability_zones = ["eu-west-1a", "eu-west-1b"]
  }
}

mock_data "aws_ec2_managed_prefix_list" {
  defaults = {
    id = "pl-6da54004"
  }
}

mock_resource "aws_ecs_cluster" {
  defaults = {
    arn = "arn:aws:ecs:eu-west-1:111111111111:cluster/rds-data-extractor"
  }
}

mock_resource "aws_ecs_task_definition" {
  defaults = {
    arn                  = "arn:aws:ecs:eu-west-1:111111111111:task-definition/rds-data-extractor:3"
    arn_without_revision = "arn:aws:ecs:eu-west-1:111111111111:task-definition/rds-data-extractor"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:eu-west-1:111111111111:repository/rds-data-extractor"
    repository_url = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/rds-data-extractor"
  }
}

mock_resource "aws_ec2_transit_gateway" {
  defaults = {
    id  = "tgw-0aaaaaaaaaaaaaaaa"
    arn = "arn:aws:ec2:eu-west-1:111111111111:transit-gateway/tgw-0aaaaaaaaaaaaaaaa"
  }
}

mock_data "aws_ec2_transit_gateway" {
  defaults = {
    arn                                = "arn:aws:ec2:eu-west-1:111111111111:transit-gateway/tgw-0eeeeeeeeeeeeeeee"
    owner_id                           = "111111111111"
    auto_accept_shared_attachments     = "disable"
    default_route_table_association    = "enable"
    default_route_table_propagation    = "enable"
    security_group_referencing_support = "enable"
  }
}

mock_resource "aws_ec2_transit_gateway_vpc_attachment" {
  defaults = {
    id = "tgw-attach-0aaaaaaaaaaaaaaaa"
  }
}

# Of the attachment of the other account, to this one's gateway.
mock_resource "aws_ec2_transit_gateway_vpc_attachment_accepter" {
  defaults = {
    id                 = "tgw-attach-0bbbbbbbbbbbbbbbb"
    transit_gateway_id = "tgw-0aaaaaaaaaaaaaaaa"
  }
}

mock_data "aws_ec2_transit_gateway_vpc_attachments" {
  defaults = {
    ids = []
  }
}

mock_resource "aws_ram_resource_share" {
  defaults = {
    arn = "arn:aws:ram:eu-west-1:111111111111:resource-share/01234567-89ab-cdef-0123-456789abcdef"
  }
}
