# Every validation of every module refuses its bad value, and names the variable.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

run "account_b_refuses_1" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn         = "arn:aws:iam::111111111111:role/*"                       # any role of a
    external_id               = "0123456789abcde"                                        # external id of fifteen
    db_instance_identifier    = "*"                                                      # any instance
    role_name                 = "data/role"                                              # role name with a path
    role_path                 = "data"                                                   # role path without slash
    organization_id           = "org"                                                    # organisation
    db_cluster_identifier     = "*"                                                      # any cluster
    secret_arn                = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:*" # any secret
    iam_auth                  = { resource_id = "*", users = ["exporter"] }              # iam login without resource
    db_port                   = 70000                                                    # port
    db_security_group_ids     = ["default"]                                              # group
    admit_cidrs               = ["0.0.0.0/0"]                                            # the whole internet
    alarm_max_connections     = 0                                                        # no connections
    alarm_min_free_storage_gb = 0                                                        # no storage
  }
  expect_failures = [
    var.role_name,
    var.role_path,
    var.function_role_arn,
    var.external_id,
    var.organization_id,
    var.db_instance_identifier,
    var.db_cluster_identifier,
    var.secret_arn,
    var.iam_auth,
    var.db_port,
    var.db_security_group_ids,
    var.admit_cidrs,
    var.alarm_max_connections,
    var.alarm_min_free_storage_gb,
  ]
}

run "account_b_refuses_2" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    iam_auth               = { resource_id = "db-ABC", users = ["*"] } # iam login as anyone
  }
  expect_failures = [
    var.iam_auth,
  ]
}

run "account_b_refuses_3" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = "orders"
    iam_auth               = { resource_id = "db-ABC", users = [] } # iam login as nobody
  }
  expect_failures = [
    var.iam_auth,
  ]
}

run "account_b_refuses_a_role_for_nothing" {
  command = plan
  module {
    source = "./modules/account_b"
  }
  providers = { aws = aws.b }
  variables {
    function_role_arn      = "arn:aws:iam::111111111111:role/x"
    external_id            = "0123456789abcdef"
    db_instance_identifier = null # role for nothing
  }
  expect_failures = [
    aws_iam_role.this,
  ]
}

run "peering_requester_refuses_1" {
  command = plan
  module {
    source = "./modules/peering/requester"
  }
  providers = { aws = aws.a }
  variables {
    name            = "x"
    vpc_id          = "default" # vpc
    peer_account_id = "22"      # account
    peer_vpc_id     = "default" # peer vpc
    peer_cidr       = "10.1"    # cidr
    route_table_ids = ["main"]  # route table
  }
  expect_failures = [
    var.vpc_id,
    var.peer_account_id,
    var.peer_vpc_id,
    var.peer_cidr,
    var.route_table_ids,
  ]
}

run "peering_accepter_refuses_1" {
  command = plan
  module {
    source = "./modules/peering/accepter"
  }
  providers = { aws = aws.b }
  variables {
    name            = "x"
    connection_id   = "pcx-0aaaaaaaaaaaaaaaa"
    peer_cidr       = "10.0"   # cidr
    route_table_ids = ["main"] # route table
  }
  expect_failures = [
    var.peer_cidr,
    var.route_table_ids,
  ]
}

run "aws_apis_refuses_1" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name                    = "x"
    vpc                     = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn       = "x"                                  # no role
    cross_account_role_arns = ["arn:aws:iam::222222222222:role/*"] # any role
    bucket_arns             = []                                   # no bucket
    mode                    = "proxy"                              # mode
  }
  expect_failures = [
    var.mode,
    var.cross_account_role_arns,
    var.function_role_arn,
    var.bucket_arns,
  ]
}

run "aws_apis_refuses_2" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name              = "x"
    vpc               = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] } # cidr
    function_role_arn = "arn:aws:iam::111111111111:role/x"
    bucket_arns       = ["arn:aws:s3:::b"]
  }
  expect_failures = [
    var.vpc,
  ]
}

run "aws_apis_refuses_3" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name              = "x"
    vpc               = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = [] } # no route table
    function_role_arn = "arn:aws:iam::111111111111:role/x"
    bucket_arns       = ["arn:aws:s3:::b"]
  }
  expect_failures = [
    var.vpc,
  ]
}

run "aws_apis_refuses_4" {
  command = plan
  module {
    source = "./modules/aws_apis"
  }
  providers = { aws = aws.a }
  variables {
    name              = "x"
    vpc               = { id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1"], route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"] }
    function_role_arn = "arn:aws:iam::111111111111:role/x"
    bucket_arns       = ["arn:aws:s3:::b"]
    mode              = "nat" # nat without subnet
  }
  expect_failures = [
    var.nat_public_subnet_id,
  ]
}

run "function_refuses_1" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "a name"                                          # name
    package_file         = "./nowhere.zip"                                   # no package
    bucket               = { name = "b", prefix = "exports*" }               # prefix with star
    architecture         = "riscv"                                           # architecture
    memory_size          = 64                                                # memory
    timeout              = 901                                               # timeout
    ephemeral_storage    = 100                                               # storage
    reserved_concurrency = 0                                                 # switched off
    async_retries        = 3                                                 # retries
    async_max_age        = 5                                                 # age
    log_retention_days   = 31                                                # retention
    log_level            = "LOUD"                                            # level
    vpc                  = { id = "vpc-0aaaaaaaaaaaaaaaa", subnet_ids = [] } # vpc without subnets
    db_cidrs             = ["10.1"]                                          # database network
    https_cidrs          = ["all"]                                           # https network
    role_path            = "x"                                               # role path
    assume_role_arns     = ["arn:aws:iam::222222222222:role/*"]              # assume anything
  }
  expect_failures = [
    var.name,
    var.package_file,
    var.architecture,
    var.memory_size,
    var.timeout,
    var.ephemeral_storage,
    var.reserved_concurrency,
    var.async_retries,
    var.async_max_age,
    var.log_retention_days,
    var.log_level,
    var.vpc,
    var.db_cidrs,
    var.https_cidrs,
    var.role_path,
    var.assume_role_arns,
    var.bucket,
  ]
}

run "function_refuses_2" {
  command = plan
  module {
    source = "./modules/function"
  }
  providers = { aws = aws.a }
  variables {
    name         = "x"
    package_file = "./main.tf"
    bucket       = { name = "b", owner = "me" } # owner
  }
  expect_failures = [
    var.bucket,
  ]
}

run "bucket_refuses_1" {
  command = plan
  module {
    source = "./modules/bucket"
  }
  providers = { aws = aws.a }
  variables {
    name            = "data.extraction" # dots
    expiration_days = 0                 # expiry
  }
  expect_failures = [
    var.name,
    var.expiration_days,
  ]
}

run "configuration_refuses_1" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name                 = "/a"
    value                = "{}"
    store                = "file" # store
    value_version        = 0      # version
    recovery_window_days = 3      # recovery
  }
  expect_failures = [
    var.store,
    var.value_version,
    var.recovery_window_days,
  ]
}

run "configuration_refuses_2" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "a" # name
    value = "{}"
  }
  expect_failures = [
    var.name,
  ]
}

run "configuration_refuses_3" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/aws/a" # reserved name
    value = "{}"
  }
  expect_failures = [
    var.name,
  ]
}

run "configuration_refuses_4" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/a/" # path
    value = "{}"
  }
  expect_failures = [
    var.name,
  ]
}

run "configuration_refuses_5" {
  command = plan
  module {
    source = "./modules/configuration"
  }
  providers = { aws = aws.a }
  variables {
    name  = "/a"
    value = "host=db" # not json
  }
  expect_failures = [
    var.value,
  ]
}

run "key_refuses_1" {
  command = plan
  module {
    source = "./modules/key"
  }
  providers = { aws = aws.a }
  variables {
    name                  = "x"
    log_group_arn_pattern = "arn:aws:logs:eu-west-1:111111111111:log-group:x"
    deletion_window_days  = 5 # window
  }
  expect_failures = [
    var.deletion_window_days,
  ]
}

run "schedules_refuses_1" {
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
    schedules        = { "a b" = { expression = "rate(1 day)" } } # name with space
    rule             = { pattern = "all" }                        # pattern
    queue            = { visibility_timeout = 5399 }              # visibility below six timeouts
  }
  expect_failures = [
    var.schedules,
    var.rule,
    var.queue,
  ]
}

run "schedules_refuses_2" {
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
    schedules        = { bad = { expression = "cron(0 2 * * *)" } } # unix cron
    queue            = { batch_size = 100 }                         # batch
  }
  expect_failures = [
    var.schedules,
    var.queue,
  ]
}

run "schedules_refuses_3" {
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
    schedules        = { bad = { expression = "rate(1 days)" } } # rate 1 days
    queue            = { max_concurrency = 1 }                   # concurrency
  }
  expect_failures = [
    var.schedules,
    var.queue,
  ]
}

run "schedules_refuses_4" {
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
    schedules        = { bad = { expression = "rate(0 hours)" } } # rate of nothing
  }
  expect_failures = [
    var.schedules,
  ]
}

run "schedules_refuses_5" {
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
    schedules        = { bad = { expression = "rate(1 day)", event = "SELECT 1" } } # event not json
  }
  expect_failures = [
    var.schedules,
  ]
}

run "schedules_refuses_6" {
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
    schedules        = { bad = { expression = "rate(1 day)", retries = 2 } } # retries that write twice
  }
  expect_failures = [
    var.schedules,
  ]
}

run "schedules_refuses_7" {
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
    schedules        = { bad = { expression = "rate(1 day)", window_minutes = 2000 } } # window
  }
  expect_failures = [
    var.schedules,
  ]
}

run "schedules_refuses_8" {
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
    schedules        = { bad = { expression = "rate(1 day)", timezone = "+02:00" } } # timezone
  }
  expect_failures = [
    var.schedules,
  ]
}

run "watching_refuses_1" {
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
    alarm_emails       = ["team"]            # mail
    duration_percent   = 100                 # percent
    failure_types      = ["connect timeout"] # type
    no_success_hours   = 200                 # hours
    budget_monthly_usd = 0                   # budget
  }
  expect_failures = [
    var.alarm_emails,
    var.duration_percent,
    var.failure_types,
    var.no_success_hours,
    var.budget_monthly_usd,
  ]
}
