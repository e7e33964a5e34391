# The database configuration: a SecureString written here, a secret that deploy.sh fills, or an existing one.
locals {
  configuration = { for k, v in {
    host                 = local.host
    port                 = var.db_port
    dbInstanceIdentifier = var.db_instance_identifier
    dbClusterIdentifier  = var.db_cluster_identifier
    dbProxyName          = var.db_proxy_name
    endpoint             = var.db_endpoint
    databasePort         = var.db_database_port
    database             = var.db_name
    username             = var.db_username
    auth                 = var.db_auth
    sslMode              = var.db_ssl_mode
    sslRootCert          = var.db_ssl_root_cert
    tlsServerName        = local.tls_server_name
    secretArn            = var.db_secret_arn
    region               = local.region_b == local.region ? null : local.region_b
  } : k => v if v != null }

  db_config_param = coalesce(var.db_config_param, "/${var.name}/db-config")
  secret          = one(aws_secretsmanager_secret.configuration[*])
  # The name that the function gets: a secret is read through Parameter Store.
  configuration_name = var.configuration_store == "secret" ? "/aws/reference/secretsmanager/${try(local.secret.name, "")}" : local.db_config_param
  # A change of any of these writes the configuration again: all but the password, which leaves no trace in the state. The provider
  # writes no value while this stays the same, not even if the key or the description (of name) has changed.
  configuration_version = parseint(substr(sha256(jsonencode([local.configuration, local.kms_key_arn, var.name, var.db_password_version])), 0, 8), 16)

  # The parameters that the function's role may read; a name that ends in / is a path with one parameter per value.
  parameter_base = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter"
  named          = concat([local.configuration_name], [for p in var.allowed_config_params : p if p != local.configuration_name])
  parameter_arns = [for p in concat([for p in local.named : endswith(p, "/") ? "${p}*" : p], var.db_query_param == null ? [] : [var.db_query_param], var.allowed_query_params) : "${local.parameter_base}${p}"]
  path_arns      = flatten([for p in local.named : ["${local.parameter_base}${p}", "${local.parameter_base}${trimsuffix(p, "/")}"] if endswith(p, "/")])
}

resource "aws_ssm_parameter" "configuration" {
  count            = var.configuration_store == "parameter" ? 1 : 0
  provider         = aws.a
  name             = local.db_config_param
  description      = "Database of the data extractor ${var.name}"
  type             = "SecureString"
  key_id           = local.kms_key_arn
  value_wo         = jsonencode(merge(local.configuration, var.db_password == null ? {} : { password = var.db_password }))
  value_wo_version = local.configuration_version
  tags             = local.tags
}

# There is no version resource: a value that terraform reads would be in the state. A deleted secret keeps its name for days, in
# which it can be restored; the next one therefore has another name.
resource "aws_secretsmanager_secret" "configuration" {
  # checkov:skip=CKV2_AWS_57:The secret is the database's password, which its owner rotates; RDS rotates the secrets that it manages itself (secretArn).
  count                   = var.configuration_store == "secret" ? 1 : 0
  provider                = aws.a
  name_prefix             = "${trimprefix(local.db_config_param, "/")}-"
  description             = "Database of the data extractor ${var.name}"
  kms_key_id              = local.kms_key_arn
  recovery_window_in_days = 7
  tags                    = local.tags
}
