resource "aws_iam_role" "this" {
  count                = var.role_arn == null ? 1 : 0
  name                 = coalesce(var.role_name, var.name)
  path                 = var.role_path
  description          = "Execution role of the function ${var.name}"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # No aws:SourceArn here: Lambda assumes the execution role without one.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Lambda"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  count  = var.role_arn == null ? 1 : 0
  name   = "extract"
  role   = aws_iam_role.this[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
