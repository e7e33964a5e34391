# State machines for exports that take longer than the function may, and for many of them.
locals {
  long_runs = var.long_runs == "fargate"
  # Below the prefix to which the function may write; readers of a folder leave out what begins with an underscore.
  results_prefix = join("/", compact([local.prefix, "_runs"]))
  task_role_arn  = "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${var.name}-task"
  # The roles that read the configuration, assume account B's role and write to the bucket.
  extracting_role_arns = concat([local.function_role_arn], local.long_runs ? [local.task_role_arn] : [])
  fargate_role_arns    = ["${local.task_role_arn}-start"]
  machines             = local.long_runs ? ["export", "export-all"] : []
  machine_role_arns    = [for machine in local.machines : "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${var.name}-${machine}"]
  writing_role_arns    = concat(local.extracting_role_arns, local.machine_role_arns)
  # What only Lambda needs, or the environment that it encrypts.
  lambda_sids = ["DecryptEnvironment", "WriteLogs", "ReportFailures", "EncryptFailures", "ReadQueue", "DecryptQueue", "AttachToVpc", "NoNetworkFromCode", "Trace"]
}

module "long_runs" {
  source                   = "./modules/long_runs"
  count                    = local.long_runs ? 1 : 0
  providers                = { aws = aws.a }
  name                     = var.name
  tags                     = local.tags
  role_path                = var.role_path
  permissions_boundary_arn = var.permissions_boundary_arn
  kms_key_arn              = local.kms_key_arn
  log_retention_days       = var.log_retention_days
  xray                     = var.xray
  alias_arn                = aws_lambda_alias.live.arn
  function_timeout         = var.timeout
  environment              = local.environment
  task_statements          = [for s in local.function_statements : s if !contains(local.lambda_sids, s.Sid)]
  subnet_ids               = var.account_a_subnet_ids
  security_group_ids       = aws_security_group.function[*].id
  bucket                   = var.s3_bucket_name
  bucket_owner             = coalesce(var.s3_bucket_owner, local.account_id)
  results_prefix           = local.results_prefix
  object_arns              = local.object_arns
  bucket_kms_key_arn       = local.bucket_key_arn
  s3_kms_key_id            = var.s3_kms_key_id
  architecture             = var.architecture
  image                    = var.container_image
  image_tag                = var.container_image_tag
  cpu                      = var.container_cpu
  memory                   = var.container_memory
  storage                  = var.container_storage
  timeout_hours            = coalesce(var.long_run_hours, 23)
  attempts                 = var.long_run_attempts
  max_concurrency          = var.export_concurrency
}
