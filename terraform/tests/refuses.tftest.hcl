# Every validation of the root refuses its bad value, and names the variable.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

variables {
  # Any file will do where the provider is a mock.
  package_file              = "./main.tf"
  aws_region                = "eu-west-1"
  account_a_id              = "111111111111"
  account_b_id              = "222222222222"
  account_a_vpc_id          = "vpc-0aaaaaaaaaaaaaaaa"
  account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
  account_a_vpc_cidr        = "10.0.0.0/16"
  account_b_vpc_cidr        = "10.1.0.0/16"
  account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
  account_a_route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
  account_b_route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
  db_security_group_ids     = ["sg-0bbbbbbbbbbbbbbbb"]
  db_instance_identifier    = "orders"
  db_name                   = "orders"
  db_username               = "exporter"
  db_password               = "a-password"
  external_id               = "0123456789abcdef0123456789abcdef"
  s3_bucket_name            = "data-extraction-bucket"
}

run "accepts_the_usual" {
  command = plan
}

run "refuses_1" {
  command = plan
  variables {
    name                           = "Extractor"                  # name in capitals
    aws_region                     = "europe"                     # region without number
    account_b_region               = "europe"                     # database region without number
    aws_api_access                 = "nat"                        # database region without number
    nat_public_subnet_id           = "subnet-0aaaaaaaaaaaaaaa3"   # database region without number
    account_a_id                   = "11111111111"                # account a of eleven digits
    organization_id                = "1234567890"                 # organisation without prefix
    role_path                      = "data"                       # role path without slashes
    connectivity                   = "vpn"                        # unknown connectivity
    account_a_route_table_ids      = ["subnet-0aaaaaaaaaaaaaaa1"] # route table a of another kind
    account_b_route_table_ids      = ["main"]                     # route table b of another kind
    db_security_group_ids          = ["default"]                  # security group by name
    db_instance_identifier         = "orders*"                    # instance with a star
    db_endpoint                    = "any"                        # unknown endpoint
    db_port                        = 0                            # port zero
    db_auth                        = "kerberos"                   # unknown auth
    db_ssl_mode                    = "prefer"                     # unknown ssl mode
    db_ssl_root_cert               = "global-bundle.pem"          # authority not pem
    external_id                    = "secret"                     # external id too short
    async_retries                  = 2                            # retries that write twice
    db_query                       = "SELECT 1"                   # query twice
    db_query_param                 = "/queries/one"               # query twice
    compression                    = "zip"                        # unknown compression
    on_empty                       = "ignore"                     # unknown on empty
    bucket_encryption              = "none"                       # unknown bucket encryption
    s3_kms_key_id                  = "alias/mine"                 # key by alias
    account_b_cloudtrail_log_group = "trail"                      # trail of b without topic
  }
  expect_failures = [
    var.name,
    var.aws_region,
    var.account_b_region,
    var.account_a_id,
    var.organization_id,
    var.role_path,
    var.connectivity,
    var.account_a_route_table_ids,
    var.account_b_route_table_ids,
    var.db_security_group_ids,
    var.db_instance_identifier,
    var.db_endpoint,
    var.db_port,
    var.db_auth,
    var.db_ssl_mode,
    var.db_ssl_root_cert,
    var.external_id,
    var.async_retries,
    var.db_query,
    var.compression,
    var.on_empty,
    var.bucket_encryption,
    var.s3_kms_key_id,
    var.account_b_cloudtrail_log_group,
  ]
}

run "refuses_2" {
  command = plan
  variables {
    account_b_id           = "ACCOUNT_B"           # account b placeholder
    function_in_vpc        = false                 # outside any vpc over peering
    db_instance_identifier = null                  # no database named
    external_id            = "0123456789 abcdef0"  # external id with a space
    db_query               = format("%3001s", "x") # query longer than the environment
    if_exists              = "overwrite"           # unknown if exists
  }
  expect_failures = [
    var.account_b_id,
    var.function_in_vpc,
    var.db_instance_identifier,
    var.external_id,
    var.db_query,
    var.if_exists,
  ]
}

run "refuses_3" {
  command = plan
  variables {
    account_b_id          = "111111111111"   # both accounts the same
    account_a_vpc_id      = "vpc-xxxx"       # vpc a placeholder
    db_cluster_identifier = "orders-cluster" # instance and cluster
    db_query_param        = "users"          # query parameter without slash
  }
  expect_failures = [
    var.account_b_id,
    var.account_a_vpc_id,
    var.db_instance_identifier,
    var.db_query_param,
  ]
}

run "refuses_4" {
  command = plan
  variables {
    account_b_vpc_id       = null                                           # vpc b missing
    db_instance_identifier = null                                           # cluster arn for identifier
    db_cluster_identifier  = "arn:aws:rds:eu-west-1:222222222222:cluster:x" # cluster arn for identifier
    db_name                = null                                           # no database name
    s3_bucket_owner        = "third"                                        # bucket owner by name
    create_bucket          = false                                          # bucket owner by name
  }
  expect_failures = [
    var.account_b_vpc_id,
    var.db_cluster_identifier,
    var.db_name,
    var.s3_bucket_owner,
  ]
}

run "refuses_5" {
  command = plan
  variables {
    account_a_vpc_cidr   = "10.0.0.0"     # cidr a without length
    db_username          = null           # no user
    s3_bucket_owner      = "333333333333" # making a bucket of another account
    account_a_subnet_ids = []             # no subnet
    db_admit             = "all"          # admit everyone
    aws_api_access       = "proxy"        # unknown api access
  }
  expect_failures = [
    var.account_a_vpc_cidr,
    var.db_username,
    var.s3_bucket_owner,
    var.account_a_subnet_ids,
    var.db_admit,
    var.aws_api_access,
  ]
}

run "refuses_6" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.300.0.0/16" # cidr b out of range
    db_auth            = "iam"           # iam without resource id
    aws_api_access     = "nat"           # nat without public subnet
  }
  expect_failures = [
    var.account_b_vpc_cidr,
    var.db_resource_id,
    var.nat_public_subnet_id,
  ]
}

run "refuses_7" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.0.0.0/16"    # cidrs equal
    db_password        = null             # no password
    account_b_region   = "us-east-1"      # endpoints and groups across regions
    db_admit           = "security_group" # endpoints and groups across regions
  }
  expect_failures = [
    var.account_b_vpc_cidr,
    var.db_password,
    var.db_admit,
    var.aws_api_access,
  ]
}

run "refuses_8" {
  command = plan
  variables {
    account_b_vpc_cidr        = "10.0.128.0/20" # cidr b within a
    configuration_store       = "file"          # unknown store
    account_a_route_table_ids = []              # endpoints without route tables
  }
  expect_failures = [
    var.account_b_vpc_cidr,
    var.configuration_store,
    var.aws_api_access,
  ]
}

run "refuses_9" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.0.0.0/8" # cidr a within b
  }
  expect_failures = [
    var.account_b_vpc_cidr,
  ]
}
