mock_data "aws_partition" {
  defaults = {
    partition  = "aws-cn"
    dns_suffix = "amazonaws.com.cn"
  }
}

mock_data "aws_region" {
  defaults = {
    id   = "cn-north-1"
    name = "cn-north-1"
  }
}

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "111111111111"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws-cn:kms:cn-north-1:111111111111:key/11111111-2222-3333-4444-555555555555"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws-cn:sqs:cn-north-1:111111111111:queue"
    url = "https://sqs.cn-north-1.amazonaws.com/111111111111/queue"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws-cn:sns:cn-north-1:111111111111:topic"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws-cn:iam::111111111111:role/mocked"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn     = "arn:aws-cn:lambda:cn-north-1:111111111111:function:rds-data-extractor"
    version = "7"
  }
}

mock_resource "aws_lambda_alias" {
  defaults = {
    arn = "arn:aws-cn:lambda:cn-north-1:111111111111:function:rds-data-extractor:live"
  }
}

mock_data "aws_subnet" {
  defaults = {
    vpc_id            = "vpc-0aaaaaaaaaaaaaaaa"
    cidr_block        = "10.0.1.0/24"
    availability_zone = "cn-north-1a"
  }
}

mock_data "aws_vpc" {
  defaults = {
    cidr_block_associations = [{ association_id = "1", cidr_block = "10.0.0.0/16", state = "associated" }]
  }
}

mock_data "aws_vpc_endpoint_service" {
  defaults = {
    service_name       = "cn.com.amazonaws.cn-north-1.asked"
    availability_zones = ["cn-north-1a", "cn-north-1b"]
  }
}
