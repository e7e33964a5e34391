# Every validation of every module refuses its bad value, and names the variable.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

run "account_b_role_name_with_a_path" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    role_name              = "data/role"
  }
  expect_failures = [var.role_name]
}

run "account_b_role_path_without_slash" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    role_path              = "data"
  }
  expect_failures = [var.role_path]
}

run "account_b_any_role_of_a" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/*"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
  }
  expect_failures = [var.function_role_arn]
}

run "account_b_external_id_of_fifteen" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcde"
    db_instance_identifier = "orders"
  }
  expect_failures = [var.external_id]
}

run "account_b_organisation" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    organization_id        = "org"
  }
  expect_failures = [var.organization_id]
}

run "account_b_any_instance" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "*"
  }
  expect_failures = [var.db_instance_identifier]
}

run "account_b_any_cluster" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    db_cluster_identifier  = "*"
  }
  expect_failures = [var.db_cluster_identifier]
}

run "account_b_any_secret" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    secret_arn             = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:*"
  }
  expect_failures = [var.secret_arn]
}

run "account_b_iam_login_without_resource" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    iam_auth               = { resource_id = "*", users = ["exporter"] }
  }
  expect_failures = [var.iam_auth]
}

run "account_b_iam_login_as_anyone" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    iam_auth               = { resource_id = "db-ABC", users = ["*"] }
  }
  expect_failures = [var.iam_auth]
}

run "account_b_iam_login_as_nobody" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    iam_auth               = { resource_id = "db-ABC", users = [] }
  }
  expect_failures = [var.iam_auth]
}

run "account_b_port" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    db_port                = 70000
  }
  expect_failures = [var.db_port]
}

run "account_b_group" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    db_security_group_ids  = ["default"]
  }
  expect_failures = [var.db_security_group_ids]
}

run "account_b_the_whole_internet" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    admit_cidrs            = ["0.0.0.0/0"]
  }
  expect_failures = [var.admit_cidrs]
}

run "account_b_no_connections" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    alarm_max_connections  = 0
  }
  expect_failures = [var.alarm_max_connections]
}

run "account_b_no_storage" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn         = "arn:aws:iam::111111111111:role/x"
    external_id               = "0123456789abcdef"
    db_instance_identifier    = "orders"
    alarm_min_free_storage_gb = 0
  }
  expect_failures = [var.alarm_min_free_storage_gb]
}

run "account_b_role_for_nothing" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = null
  }
  expect_failures = [aws_iam_role.this]
}

run "peering_overlap" {
  command = plan
  module {
    source = "./modules/peering"
  }
  providers = { aws.a = aws.a, aws.b = aws.b }
  variables {
    name = "x"
    a    = { vpc_id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", route_table_ids = [] }
    b    = { account_id = "222222222222", vpc_id = "vpc-0bbbbbbbbbbbbbbbb", cidr = "10.0.4.0/24", route_table_ids = [] }
  }
  expect_failures = [var.b]
}

run "peering_group_across_regions" {
  command = plan
  module {
    source = "./modules/peering"
  }
  providers = { aws.a = aws.a, aws.b = aws.b }
  variables {
    name                    = "x"
    a                       = { vpc_id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", route_table_ids = [] }
    b                       = { account_id = "222222222222", region = "us-east-1", vpc_id = "vpc-0bbbbbbbbbbbbbbbb", cidr = "10.1.0.0/16", route_table_ids = [] }
    function_security_group = "111111111111/sg-0aaaaaaaaaaaaaaaa"
  }
  expect_failures = [var.function_security_group]
}

run "peering_admit" {
  command = plan
  module {
    source = "./modules/peering"
  }
  providers = { aws.a = aws.a, aws.b = aws.b }
  variables {
    name  = "x"
    a     = { vpc_id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", route_table_ids = [] }
    b     = { account_id = "222222222222", vpc_id = "vpc-0bbbbbbbbbbbbbbbb", cidr = "10.1.0.0/16", route_table_ids = [] }
    admit = "all"
  }
  expect_failures = [var.admit]
}

run "peering_requester_vpc" {
  command = plan
  module {
    source = "./modules/peering/requester"
  }
  providers = { aws = aws.a }
  variables {
    name            = "x"
    vpc_id          = "default"
    peer_account_id = "222222222222"
    peer_vpc_id     = "vpc-0bbbbbbbbbbbbbbbb"
    peer_cidr       = "10.1.0.0/16"
  }
  expect_failures = [var.vpc_id]
}

run "peering_requester_account" {
  command = plan
  module {
    source = "./modules/peering/requester"
  }
  providers = { aws = aws.a }
  variables {
    name            = "x"
    vpc_id          = "vpc-0aaaaaaaaaaaaaaaa"
    peer_account_id = "22"
    peer_vpc_id     = "vpc-0bbbbbbbbbbbbbbbb"
    peer_cidr       = "10.1.0.0/16"
  }
  expect_failures = [var.peer_account_id]
}

run "peering_requester_peer_vpc" {
  command = plan
  module {
    source = "./modules/peering/requester"
  }
  providers = { aws = aws.a }
  variables {
    name            = "x"
    vpc_id          = "vpc-0aaaaaaaaaaaaaaaa"
    peer_account_id = "222222222222"
    peer_vpc_id     = "default"
    peer_cidr       = "10.1.0.0/16"
  }
  expect_failures = [var.peer_vpc_id]
}

run "peering_requester_cidr" {
  command = plan
  module {
    source = "./modules/peering/requester"
  }
  providers = { aws = aws.a }
  variables {
    name            = "x"
    vpc_id          = "vpc-0aaaaaaaaaaaaaaaa"
    peer_account_id = "222222222222"
    peer_vpc_id     = "vpc-0bbbbbbbbbbbbbbbb"
    peer_cidr       = "10.1"
  }
  expect_failures = [var.peer_cidr]
}

run "peering_requester_route_table" {
  command = plan
  module {
    source = "./modules/peering/requester"
  }
  providers = { aws = aws.a }
  variables {
    name            = "x"
    vpc_id          = "vpc-0aaaaaaaaaaaaaaaa"
    peer_account_id = "222222222222"
    peer_vpc_id     = "vpc-0bbbbbbbbbbbbbbbb"
    peer_cidr       = "10.1.0.0/16"
    route_table_ids = ["main"]
  }
  expect_failures = [var.route_table_ids]
}

run "peering_accepter_cidr" {
  command = plan
  module {
    source = "./modules/peering/accepter"
  }
  providers = { aws = aws.b }
  variables {
    name          = "x"
    connection_id = "pcx-0aaaaaaaaaaaaaaaa"
    peer_cidr     = "10.0"
  }
  expect_failures = [var.peer_cidr]
}

run "peering_accepter_route_table" {
  command = plan
  module {
    source = "./modules/peering/accepter"
  }
  providers = { aws = aws.b }
  variables {
    name            = "x"
    connection_id   = "pcx-0aaaaaaaaaaaaaaaa"
    peer_cidr       = "10.0.0.0/16"
    route_table_ids = ["main"]
  }
  expect_failures = [var.route_table_ids]
}

run "aws_apis_mode" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                = "x"
    vpc                 = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn   = "arn:aws:iam::111111111111:role/x"
    database_account_id = "222222222222"
    bucket_arns         = ["arn:aws:s3:::b"]
    mode                = "proxy"
  }
  expect_failures = [var.mode]
}

run "aws_apis_cidr" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                = "x"
    vpc                 = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn   = "arn:aws:iam::111111111111:role/x"
    database_account_id = "222222222222"
    bucket_arns         = ["arn:aws:s3:::b"]
  }
  expect_failures = [var.vpc]
}

run "aws_apis_no_route_table" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                = "x"
    vpc                 = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = [] }
    function_role_arn   = "arn:aws:iam::111111111111:role/x"
    database_account_id = "222222222222"
    bucket_arns         = ["arn:aws:s3:::b"]
  }
  expect_failures = [var.vpc]
}

run "aws_apis_nat_without_subnet" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                = "x"
    vpc                 = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn   = "arn:aws:iam::111111111111:role/x"
    database_account_id = "222222222222"
    bucket_arns         = ["arn:aws:s3:::b"]
    mode                = "nat"
  }
  expect_failures = [var.nat_public_subnet_id]
}

run "aws_apis_account" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                = "x"
    vpc                 = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn   = "arn:aws:iam::111111111111:role/x"
    database_account_id = "2"
    bucket_arns         = ["arn:aws:s3:::b"]
  }
  expect_failures = [var.database_account_id]
}

run "aws_apis_no_bucket" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                = "x"
    vpc                 = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn   = "arn:aws:iam::111111111111:role/x"
    database_account_id = "222222222222"
    bucket_arns         = []
  }
  expect_failures = [var.bucket_arns]
}

run "function_name" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "a name"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
  }
  expect_failures = [var.name]
}

run "function_no_package" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./nowhere.zip"
    bucket       = { name = "data-extraction-bucket" }
  }
  expect_failures = [var.package_file]
}

run "function_architecture" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    architecture = "riscv"
  }
  expect_failures = [var.architecture]
}

run "function_memory" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    memory_size  = 64
  }
  expect_failures = [var.memory_size]
}

run "function_timeout" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    timeout      = 901
  }
  expect_failures = [var.timeout]
}

run "function_storage" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name              = "x"
    package_file      = "./main.tf"
    bucket            = { name = "data-extraction-bucket" }
    ephemeral_storage = 100
  }
  expect_failures = [var.ephemeral_storage]
}

run "function_switched_off" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "x"
    package_file         = "./main.tf"
    bucket               = { name = "data-extraction-bucket" }
    reserved_concurrency = 0
  }
  expect_failures = [var.reserved_concurrency]
}

run "function_retries" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name          = "x"
    package_file  = "./main.tf"
    bucket        = { name = "data-extraction-bucket" }
    async_retries = 3
  }
  expect_failures = [var.async_retries]
}

run "function_age" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name          = "x"
    package_file  = "./main.tf"
    bucket        = { name = "data-extraction-bucket" }
    async_max_age = 5
  }
  expect_failures = [var.async_max_age]
}

run "function_retention" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name               = "x"
    package_file       = "./main.tf"
    bucket             = { name = "data-extraction-bucket" }
    log_retention_days = 31
  }
  expect_failures = [var.log_retention_days]
}

run "function_level" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    log_level    = "LOUD"
  }
  expect_failures = [var.log_level]
}

run "function_vpc_without_subnets" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    vpc          = { id = "vpc-0aaaaaaaaaaaaaaaa", subnet_ids = [] }
  }
  expect_failures = [var.vpc]
}

run "function_database_network" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    db_cidrs     = ["10.1"]
  }
  expect_failures = [var.db_cidrs]
}

run "function_https_network" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    https_cidrs  = ["all"]
  }
  expect_failures = [var.https_cidrs]
}

run "function_role_path" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "data-extraction-bucket" }
    role_path    = "x"
  }
  expect_failures = [var.role_path]
}

run "function_assume_anything" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    package_file     = "./main.tf"
    bucket           = { name = "data-extraction-bucket" }
    assume_role_arns = ["arn:aws:iam::222222222222:role/*"]
  }
  expect_failures = [var.assume_role_arns]
}

run "function_prefix_with_star" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "b", prefix = "exports*" }
  }
  expect_failures = [var.bucket]
}

run "function_owner" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "b", owner = "me" }
  }
  expect_failures = [var.bucket]
}

run "bucket_dots" {
  command = plan
  module {
    source = "./modules/bucket"
  }
  providers = { aws = aws.a }
  variables {
    name = "data.extraction"
  }
  expect_failures = [var.name]
}

run "bucket_expiry" {
  command = plan
  module {
    source = "./modules/bucket"
  }
  providers = { aws = aws.a }
  variables {
    name            = "data-extraction-bucket"
    expiration_days = 0
  }
  expect_failures = [var.expiration_days]
}

run "configuration_store" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/a"
    value = "{}"
    store = "file"
  }
  expect_failures = [var.store]
}

run "configuration_name" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "a"
    value = "{}"
  }
  expect_failures = [var.name]
}

run "configuration_reserved_name" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/aws/a"
    value = "{}"
  }
  expect_failures = [var.name]
}

run "configuration_path" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/a/"
    value = "{}"
  }
  expect_failures = [var.name]
}

run "configuration_not_json" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/a"
    value = "host=db"
  }
  expect_failures = [var.value]
}

run "configuration_version" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name          = "/a"
    value         = "{}"
    value_version = 0
  }
  expect_failures = [var.value_version]
}

run "configuration_recovery" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "/a"
    value                = "{}"
    recovery_window_days = 3
  }
  expect_failures = [var.recovery_window_days]
}

run "key_window" {
  command = plan
  module {
    source = "./modules/key"
  }
  providers = { aws = aws.a }
  variables {
    name                  = "x"
    log_group_arn_pattern = "arn:aws:logs:eu-west-1:111111111111:log-group:x"
    deletion_window_days  = 5
  }
  expect_failures = [var.deletion_window_days]
}

run "schedules_name_with_space" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { "a b" = { expression = "rate(1 day)" } }
  }
  expect_failures = [var.schedules]
}

run "schedules_unix_cron" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "cron(0 2 * * *)" } }
  }
  expect_failures = [var.schedules]
}

run "schedules_rate_1_days" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "rate(1 days)" } }
  }
  expect_failures = [var.schedules]
}

run "schedules_rate_of_nothing" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "rate(0 hours)" } }
  }
  expect_failures = [var.schedules]
}

run "schedules_event_not_json" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "rate(1 day)", event = "SELECT 1" } }
  }
  expect_failures = [var.schedules]
}

run "schedules_retries_that_write_twice" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "rate(1 day)", retries = 2 } }
  }
  expect_failures = [var.schedules]
}

run "schedules_window" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "rate(1 day)", window_minutes = 2000 } }
  }
  expect_failures = [var.schedules]
}

run "schedules_timezone" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    schedules        = { bad = { expression = "rate(1 day)", timezone = "+02:00" } }
  }
  expect_failures = [var.schedules]
}

run "schedules_pattern" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    rule             = { pattern = "all" }
  }
  expect_failures = [var.rule]
}

run "schedules_visibility_below_six_timeouts" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    queue            = { visibility_timeout = 5399 }
  }
  expect_failures = [var.queue]
}

run "schedules_batch" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    queue            = { batch_size = 100 }
  }
  expect_failures = [var.queue]
}

run "schedules_concurrency" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    alias_arn        = "arn:aws:lambda:eu-west-1:111111111111:function:x:live"
    function_name    = "x"
    function_timeout = 900
    queue            = { max_concurrency = 1 }
  }
  expect_failures = [var.queue]
}

run "watching_mail" {
  command = plan
  module {
    source = "./modules/watching"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    function_name    = "x"
    function_timeout = 900
    kms_key_arn      = "arn:aws:kms:eu-west-1:111111111111:key/k"
    alarm_emails     = ["team"]
  }
  expect_failures = [var.alarm_emails]
}

run "watching_percent" {
  command = plan
  module {
    source = "./modules/watching"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    function_name    = "x"
    function_timeout = 900
    kms_key_arn      = "arn:aws:kms:eu-west-1:111111111111:key/k"
    duration_percent = 100
  }
  expect_failures = [var.duration_percent]
}

run "watching_type" {
  command = plan
  module {
    source = "./modules/watching"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    function_name    = "x"
    function_timeout = 900
    kms_key_arn      = "arn:aws:kms:eu-west-1:111111111111:key/k"
    failure_types    = ["connect timeout"]
  }
  expect_failures = [var.failure_types]
}

run "watching_hours" {
  command = plan
  module {
    source = "./modules/watching"
  }
  providers = { aws = aws.a }
  variables {
    name             = "x"
    function_name    = "x"
    function_timeout = 900
    kms_key_arn      = "arn:aws:kms:eu-west-1:111111111111:key/k"
    no_success_hours = 200
  }
  expect_failures = [var.no_success_hours]
}

run "watching_budget" {
  command = plan
  module {
    source = "./modules/watching"
  }
  providers = { aws = aws.a }
  variables {
    name               = "x"
    function_name      = "x"
    function_timeout   = 900
    kms_key_arn        = "arn:aws:kms:eu-west-1:111111111111:key/k"
    budget_monthly_usd = 0
  }
  expect_failures = [var.budget_monthly_usd]
}
