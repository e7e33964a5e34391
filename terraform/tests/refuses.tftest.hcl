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

run "name_in_capitals" {
  command = plan
  variables {
    name = "Extractor"
  }
  expect_failures = [var.name]
}

run "region_without_number" {
  command = plan
  variables {
    aws_region = "europe"
  }
  expect_failures = [var.aws_region]
}

run "database_region_without_number" {
  command = plan
  variables {
    account_b_region     = "europe"
    aws_api_access       = "nat"
    nat_public_subnet_id = "subnet-0aaaaaaaaaaaaaaa3"
  }
  expect_failures = [var.account_b_region]
}

run "account_a_of_eleven_digits" {
  command = plan
  variables {
    account_a_id = "11111111111"
  }
  expect_failures = [var.account_a_id]
}

run "account_b_placeholder" {
  command = plan
  variables {
    account_b_id = "ACCOUNT_B"
  }
  expect_failures = [var.account_b_id]
}

run "both_accounts_the_same" {
  command = plan
  variables {
    account_b_id = "111111111111"
  }
  expect_failures = [var.account_b_id]
}

run "organisation_without_prefix" {
  command = plan
  variables {
    organization_id = "1234567890"
  }
  expect_failures = [var.organization_id]
}

run "role_path_without_slashes" {
  command = plan
  variables {
    role_path = "data"
  }
  expect_failures = [var.role_path]
}

run "unknown_connectivity" {
  command = plan
  variables {
    connectivity = "vpn"
  }
  expect_failures = [var.connectivity]
}

run "outside_any_vpc_over_peering" {
  command = plan
  variables {
    function_in_vpc = false
  }
  expect_failures = [var.function_in_vpc]
}

run "vpc_a_placeholder" {
  command = plan
  variables {
    account_a_vpc_id = "vpc-xxxx"
  }
  expect_failures = [var.account_a_vpc_id]
}

run "vpc_b_missing" {
  command = plan
  variables {
    account_b_vpc_id = null
  }
  expect_failures = [var.account_b_vpc_id]
}

run "cidr_a_without_length" {
  command = plan
  variables {
    account_a_vpc_cidr = "10.0.0.0"
  }
  expect_failures = [var.account_a_vpc_cidr]
}

run "cidr_b_out_of_range" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.300.0.0/16"
  }
  expect_failures = [var.account_b_vpc_cidr]
}

run "cidrs_equal" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.0.0.0/16"
  }
  expect_failures = [var.account_b_vpc_cidr]
}

run "cidr_b_within_a" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.0.128.0/20"
  }
  expect_failures = [var.account_b_vpc_cidr]
}

run "cidr_a_within_b" {
  command = plan
  variables {
    account_b_vpc_cidr = "10.0.0.0/8"
  }
  expect_failures = [var.account_b_vpc_cidr]
}

run "no_subnet" {
  command = plan
  variables {
    account_a_subnet_ids = []
  }
  expect_failures = [var.account_a_subnet_ids]
}

run "route_table_a_of_another_kind" {
  command = plan
  variables {
    account_a_route_table_ids = ["subnet-0aaaaaaaaaaaaaaa1"]
  }
  expect_failures = [var.account_a_route_table_ids]
}

run "route_table_b_of_another_kind" {
  command = plan
  variables {
    account_b_route_table_ids = ["main"]
  }
  expect_failures = [var.account_b_route_table_ids]
}

run "security_group_by_name" {
  command = plan
  variables {
    db_security_group_ids = ["default"]
  }
  expect_failures = [var.db_security_group_ids]
}

run "admit_everyone" {
  command = plan
  variables {
    db_admit = "all"
  }
  expect_failures = [var.db_admit]
}

run "admit_group_across_regions" {
  command = plan
  variables {
    db_admit         = "security_group"
    account_b_region = "us-east-1"
    aws_api_access   = "none"
  }
  expect_failures = [var.db_admit]
}

run "unknown_api_access" {
  command = plan
  variables {
    aws_api_access = "proxy"
  }
  expect_failures = [var.aws_api_access]
}

run "endpoints_across_regions" {
  command = plan
  variables {
    account_b_region = "us-east-1"
  }
  expect_failures = [var.aws_api_access]
}

run "endpoints_without_route_tables" {
  command = plan
  variables {
    account_a_route_table_ids = []
  }
  expect_failures = [var.aws_api_access]
}

run "nat_without_public_subnet" {
  command = plan
  variables {
    aws_api_access = "nat"
  }
  expect_failures = [var.nat_public_subnet_id]
}

run "instance_with_a_star" {
  command = plan
  variables {
    db_instance_identifier = "orders*"
  }
  expect_failures = [var.db_instance_identifier]
}

run "no_database_named" {
  command = plan
  variables {
    db_instance_identifier = null
  }
  expect_failures = [var.db_instance_identifier]
}

run "instance_and_cluster" {
  command = plan
  variables {
    db_cluster_identifier = "orders-cluster"
  }
  expect_failures = [var.db_instance_identifier]
}

run "cluster_arn_for_identifier" {
  command = plan
  variables {
    db_instance_identifier = null
    db_cluster_identifier  = "arn:aws:rds:eu-west-1:222222222222:cluster:x"
  }
  expect_failures = [var.db_cluster_identifier]
}

run "unknown_endpoint" {
  command = plan
  variables {
    db_endpoint = "any"
  }
  expect_failures = [var.db_endpoint]
}

run "port_zero" {
  command = plan
  variables {
    db_port = 0
  }
  expect_failures = [var.db_port]
}

run "no_database_name" {
  command = plan
  variables {
    db_name = null
  }
  expect_failures = [var.db_name]
}

run "no_user" {
  command = plan
  variables {
    db_username = null
  }
  expect_failures = [var.db_username]
}

run "unknown_auth" {
  command = plan
  variables {
    db_auth = "kerberos"
  }
  expect_failures = [var.db_auth]
}

run "iam_without_resource_id" {
  command = plan
  variables {
    db_auth = "iam"
  }
  expect_failures = [var.db_resource_id]
}

run "unknown_ssl_mode" {
  command = plan
  variables {
    db_ssl_mode = "prefer"
  }
  expect_failures = [var.db_ssl_mode]
}

run "authority_not_pem" {
  command = plan
  variables {
    db_ssl_root_cert = "global-bundle.pem"
  }
  expect_failures = [var.db_ssl_root_cert]
}

run "no_password" {
  command = plan
  variables {
    db_password = null
  }
  expect_failures = [var.db_password]
}

run "unknown_store" {
  command = plan
  variables {
    configuration_store = "file"
  }
  expect_failures = [var.configuration_store]
}

run "external_id_too_short" {
  command = plan
  variables {
    external_id = "secret"
  }
  expect_failures = [var.external_id]
}

run "external_id_with_a_space" {
  command = plan
  variables {
    external_id = "0123456789 abcdef0"
  }
  expect_failures = [var.external_id]
}

run "retries_that_write_twice" {
  command = plan
  variables {
    async_retries = 2
  }
  expect_failures = [var.async_retries]
}

run "query_twice" {
  command = plan
  variables {
    db_query       = "SELECT 1"
    db_query_param = "/queries/one"
  }
  expect_failures = [var.db_query]
}

run "query_longer_than_the_environment" {
  command = plan
  variables {
    db_query = format("%3001s", "x")
  }
  expect_failures = [var.db_query]
}

run "query_parameter_without_slash" {
  command = plan
  variables {
    db_query_param = "users"
  }
  expect_failures = [var.db_query_param]
}

run "unknown_compression" {
  command = plan
  variables {
    compression = "zip"
  }
  expect_failures = [var.compression]
}

run "unknown_if_exists" {
  command = plan
  variables {
    if_exists = "overwrite"
  }
  expect_failures = [var.if_exists]
}

run "unknown_on_empty" {
  command = plan
  variables {
    on_empty = "ignore"
  }
  expect_failures = [var.on_empty]
}

run "bucket_owner_by_name" {
  command = plan
  variables {
    s3_bucket_owner = "third"
    create_bucket   = false
  }
  expect_failures = [var.s3_bucket_owner]
}

run "making_a_bucket_of_another_account" {
  command = plan
  variables {
    s3_bucket_owner = "333333333333"
  }
  expect_failures = [var.s3_bucket_owner]
}

run "unknown_bucket_encryption" {
  command = plan
  variables {
    bucket_encryption = "none"
  }
  expect_failures = [var.bucket_encryption]
}

run "key_by_alias" {
  command = plan
  variables {
    s3_kms_key_id = "alias/mine"
  }
  expect_failures = [var.s3_kms_key_id]
}

run "trail_of_b_without_topic" {
  command = plan
  variables {
    account_b_cloudtrail_log_group = "trail"
  }
  expect_failures = [var.account_b_cloudtrail_log_group]
}
