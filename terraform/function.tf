locals {
  configuration = { for k, v in {
    host                 = local.way.host
    port                 = local.way.port
    tlsServerName        = local.way.tls_server_name
    dbInstanceIdentifier = var.db_instance_identifier
    dbClusterIdentifier  = var.db_cluster_identifier
    endpoint             = var.db_endpoint
    database             = var.db_name
    username             = var.db_username
    auth                 = var.db_auth
    sslMode              = var.db_ssl_mode
    sslRootCert          = var.db_ssl_root_cert
    secretArn            = var.db_secret_arn
    region               = local.region_b == var.aws_region ? null : local.region_b
  } : k => v if v != null }

  parameter_arn    = "arn:${local.partition}:ssm:${var.aws_region}:${var.account_a_id}:parameter"
  query_parameters = concat(var.db_query_param == null ? [] : [var.db_query_param], var.allowed_query_params)
  # What events may name besides, a path (/myapp/db/) as a whole.
  more_paths      = flatten([for p in var.allowed_config_params : [p, trimsuffix(p, "/")] if endswith(p, "/") && p != module.configuration.name])
  more_parameters = concat(local.query_parameters, [for p in var.allowed_config_params : endswith(p, "/") ? "${p}*" : p if p != module.configuration.name])
  # Nobody reads the answer of a rule's or a queue's invocation.
  raise_on_error = var.raise_on_error != null ? var.raise_on_error : var.event_rule != null || var.event_queue != null

  environment = {
    DB_CONFIG_PARAM         = module.configuration.name
    ACCOUNT_B_ID            = var.account_b_id
    CROSS_ACCOUNT_ROLE_NAME = trimprefix("${var.role_path}${var.cross_account_role_name}", "/")
    EXTERNAL_ID             = var.external_id
    DB_QUERY                = var.db_query
    DB_QUERY_PARAM          = var.db_query_param
    S3_BUCKET_NAME          = var.s3_bucket_name
    S3_BUCKET_OWNER         = coalesce(var.s3_bucket_owner, var.account_a_id)
    S3_KEY_PREFIX           = var.s3_key_prefix
    S3_KMS_KEY_ID           = var.s3_kms_key_id
    CSV_FILENAME_PREFIX     = var.csv_filename_prefix
    COMPRESSION             = var.compression
    COMPRESSION_LEVEL       = var.compression_level == null ? null : tostring(var.compression_level)
    IF_EXISTS               = var.if_exists
    ON_EMPTY                = var.on_empty
    RAISE_ON_ERROR          = tostring(local.raise_on_error)
    ALLOWED_ROLE_ARNS       = join(",", length(var.allowed_role_arns) > 0 ? var.allowed_role_arns : [local.role_arn_b])
    ALLOWED_BUCKETS         = join(",", length(var.allowed_buckets) > 0 ? var.allowed_buckets : [var.s3_bucket_name])
    ALLOWED_CONFIG_PARAMS   = join(",", length(var.allowed_config_params) > 0 ? var.allowed_config_params : [module.configuration.name])
    ALLOWED_QUERY_PARAMS    = join(",", var.allowed_query_params)
    ALLOW_EVENT_QUERY       = tostring(var.allow_event_query)
    ALLOW_WRITES            = tostring(var.allow_writes)
    FUNCTION_IN_VPC         = tostring(var.function_in_vpc)
  }
}

module "configuration" {
  source        = "./modules/configuration"
  providers     = { aws = aws.a }
  store         = var.configuration_store
  name          = var.db_config_param
  value         = jsonencode(merge(local.configuration, var.db_password == null ? {} : { password = var.db_password }))
  value_version = var.db_config_version
  kms_key_arn   = local.kms_key_arn
}

module "function" {
  source                   = "./modules/function"
  providers                = { aws = aws.a }
  name                     = var.name
  package_file             = var.package_file
  architecture             = var.architecture
  memory_size              = var.memory_size
  timeout                  = var.timeout
  ephemeral_storage        = var.ephemeral_storage
  environment              = local.environment
  kms_key_arn              = local.kms_key_arn
  use_kms_key              = true
  code_signing_config_arn  = var.code_signing_config_arn
  reserved_concurrency     = var.reserved_concurrency
  async_retries            = var.async_retries
  failure_destination_arn  = var.failure_destination_arn
  xray                     = var.xray
  log_retention_days       = var.log_retention_days
  log_group_name           = var.log_group_name
  log_level                = var.log_level
  vpc                      = var.function_in_vpc ? { id = var.account_a_vpc_id, subnet_ids = var.account_a_subnet_ids } : null
  db_port                  = var.db_port
  db_cidrs                 = var.account_b_vpc_cidr == null ? [] : [var.account_b_vpc_cidr]
  https_cidrs              = var.function_in_vpc ? module.aws_apis[0].https_cidrs : []
  https_prefix_lists       = var.function_in_vpc ? module.aws_apis[0].https_prefix_lists : {}
  role_arn                 = var.function_role_arn
  role_path                = var.role_path
  permissions_boundary_arn = var.permissions_boundary_arn
  parameter_arns           = concat(module.configuration.parameter_arns, [for p in local.more_parameters : "${local.parameter_arn}${p}"])
  path_arns                = concat(module.configuration.path_arns, [for p in local.more_paths : "${local.parameter_arn}${p}"])
  secrets                  = { for i, arn in module.configuration.secret_arns : "configuration" => arn }
  configuration_keys       = { configuration = local.kms_key_arn }
  assume_role_arns         = local.roles
  bucket = {
    name        = var.s3_bucket_name
    others      = [for name in var.allowed_buckets : name if name != var.s3_bucket_name]
    prefix      = try(length(var.s3_key_prefix), 0) == 0 ? "" : var.s3_key_prefix
    owner       = coalesce(var.s3_bucket_owner, var.account_a_id)
    kms_key_arn = local.bucket_key_arn
    use_kms_key = local.bucket_has_key
  }
}

module "schedules" {
  source                   = "./modules/schedules"
  providers                = { aws = aws.a }
  name                     = var.name
  alias_arn                = module.function.alias_arn
  alias_name               = module.function.alias_name
  function_name            = module.function.function_name
  function_timeout         = var.timeout
  function_role            = var.function_role_arn == null ? local.function_role_name : null
  role_path                = var.role_path
  permissions_boundary_arn = var.permissions_boundary_arn
  kms_key_arn              = local.kms_key_arn
  use_kms_key              = true
  rule                     = var.event_rule
  queue                    = var.event_queue
  schedules = merge(var.schedules, { for expression in var.schedule_expression == null ? [] : [var.schedule_expression] : "default" => {
    expression = expression
    timezone   = var.schedule_timezone
  } })
}

module "watching" {
  source                   = "./modules/watching"
  providers                = { aws = aws.a }
  name                     = var.name
  function_name            = module.function.function_name
  alias_name               = module.function.alias_name
  function_timeout         = var.timeout
  kms_key_arn              = local.kms_key_arn
  topic_arn                = var.alarm_topic_arn
  alarm_emails             = var.alarm_email == null ? [] : [var.alarm_email]
  queues                   = merge(var.failure_destination_arn == null ? { failures = module.function.failure_queue_name } : {}, module.schedules.dead_letter_queues)
  no_success_hours         = var.no_success_hours
  budget_monthly_usd       = var.budget_monthly_usd
  flow_logs_vpc_id         = var.flow_logs ? var.account_a_vpc_id : null
  log_retention_days       = var.log_retention_days
  role_path                = var.role_path
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "assume_role_alarm" {
  source               = "./modules/assume_role_alarm"
  count                = var.cloudtrail_log_group == null ? 0 : 1
  providers            = { aws = aws.a }
  name                 = "${var.name}-assume-role"
  cloudtrail_log_group = var.cloudtrail_log_group
  role_arn             = local.role_arn_b
  function_role_arn    = local.function_role_arn
  alarm_topic_arns     = [module.watching.topic_arn]
}

module "assume_role_alarm_b" {
  source               = "./modules/assume_role_alarm"
  count                = var.account_b_cloudtrail_log_group == null ? 0 : 1
  providers            = { aws = aws.b }
  name                 = "${var.name}-assume-role"
  cloudtrail_log_group = var.account_b_cloudtrail_log_group
  role_arn             = local.role_arn_b
  function_role_arn    = local.function_role_arn
  alarm_topic_arns     = [var.account_b_alarm_topic_arn]
}
