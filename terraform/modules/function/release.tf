# Every trigger and invoke goes through the alias `live`. It follows the newest version, unless that release was
# withdrawn: `deploy.sh rollback` writes which one, and which version serves instead, into a parameter. A deploy of the
# same release then changes nothing; a new release goes live.
locals {
  release = substr(sha256(jsonencode([
    filebase64sha256(var.package_file), var.architecture, local.environment, var.memory_size, var.timeout, var.ephemeral_storage
  ])), 0, 16)
  withdrawn = try(jsondecode(aws_ssm_parameter.withdrawn.insecure_value), { release = "", version = "" })
  held      = local.withdrawn.release == local.release
}

resource "aws_ssm_parameter" "withdrawn" {
  # checkov:skip=CKV2_AWS_34:It holds a version number, not a secret.
  name           = "/${var.name}/withdrawn-release"
  description    = "Release that a rollback took out of service, and the version that serves instead"
  type           = "String"
  insecure_value = jsonencode({ release = "", version = "" })
  tags           = var.tags

  lifecycle {
    ignore_changes = [insecure_value]
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = local.held ? "Release ${local.release} is withdrawn" : "Release ${local.release}"
  function_name    = aws_lambda_function.this.function_name
  function_version = local.held ? local.withdrawn.version : aws_lambda_function.this.version
}
