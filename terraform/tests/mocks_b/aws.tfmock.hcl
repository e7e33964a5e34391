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

mock_data "aws_db_instance" {
  defaults = {
    db_instance_identifier = "orders"
    address                = "orders.c1.eu-west-1.rds.amazonaws.com"
    publicly_accessible    = false
  }
}

mock_data "aws_rds_cluster" {
  defaults = {
    cluster_members = ["orders-1"]
    endpoint        = "orders.cluster-c1.eu-west-1.rds.amazonaws.com"
    reader_endpoint = "orders.cluster-ro-c1.eu-west-1.rds.amazonaws.com"
  }
}

mock_resource "aws_lb" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/net/rds-data-extractor-db/0123456789abcdef"
  }
}

mock_resource "aws_lb_target_group" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/rds-data-extractor-db/0123456789abcdef"
  }
}

mock_resource "aws_vpc_endpoint_service" {
  defaults = {
    id           = "vpce-svc-0bbbbbbbbbbbbbbbb"
    service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-0bbbbbbbbbbbbbbbb"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn = "arn:aws:lambda:eu-west-1:222222222222:function:rds-data-extractor-targets"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:eu-west-1:222222222222:rds-data-extractor-database-events"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    arn = "arn:aws:events:eu-west-1:222222222222:rule/rds-data-extractor-targets"
  }
}

mock_resource "aws_ec2_transit_gateway" {
  defaults = {
    id  = "tgw-0bbbbbbbbbbbbbbbb"
    arn = "arn:aws:ec2:eu-west-1:222222222222:transit-gateway/tgw-0bbbbbbbbbbbbbbbb"
  }
}

mock_data "aws_ec2_transit_gateway" {
  defaults = {
    arn                                = "arn:aws:ec2:eu-west-1:222222222222:transit-gateway/tgw-0eeeeeeeeeeeeeeee"
    owner_id                           = "222222222222"
    auto_accept_shared_attachments     = "disable"
    default_route_table_association    = "enable"
    default_route_table_propagation    = "enable"
    security_group_referencing_support = "enable"
  }
}

mock_resource "aws_ec2_transit_gateway_vpc_attachment" {
  defaults = {
    id = "tgw-attach-0bbbbbbbbbbbbbbbb"
  }
}

# Of the attachment of the other account, to this one's gateway.
mock_resource "aws_ec2_transit_gateway_vpc_attachment_accepter" {
  defaults = {
    id                 = "tgw-attach-0aaaaaaaaaaaaaaaa"
    transit_gateway_id = "tgw-0bbbbbbbbbbbbbbbb"
  }
}

mock_data "aws_ec2_transit_gateway_vpc_attachments" {
  defaults = {
    ids = []
  }
}
