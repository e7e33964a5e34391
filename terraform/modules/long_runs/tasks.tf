# The same program with the same settings as a task on Fargate, in the function's subnets and with its security group.
data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id
  account_id = data.aws_caller_identity.current.account_id
  role_arn   = "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${var.name}"
  log_group  = "/aws/ecs/${var.name}"
  log_arn    = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}"
  image      = var.image != null ? var.image : "${aws_ecr_repository.this[0].repository_url}:${coalesce(var.image_tag, "none")}"

  # An image of ECR, in whatever account: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, or @sha256:… instead of the tag.
  ecr = try(regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?/(?P<name>[^:@]+)", coalesce(var.image, "-")), null)
  repository_arn = var.image == null ? aws_ecr_repository.this[0].arn : local.ecr == null ? null : (
  "arn:${local.partition}:ecr:${local.ecr.region}:${local.ecr.account}:repository/${local.ecr.name}")

  trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Tasks"
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account_id}:*" }
      }
    }]
  }

  execution_statements = [for s in [
    { Sid = "WriteLogs", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["${local.log_arn}:*"] },
    { on = local.repository_arn != null, Sid = "PullImage", Action = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
    Resource = [local.repository_arn] },
    # The token belongs to the account, not to a repository.
    { on = local.repository_arn != null, Sid = "LogInToRegistry", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
  ] : { for k, v in merge({ Effect = "Allow" }, s) : k => v if k != "on" } if try(s.on, true)]

  container = {
    name                   = "extractor"
    image                  = local.image
    essential              = true
    command                = ["extract"]
    readonlyRootFilesystem = true
    # As long as Fargate allows: an interrupted run cancels its statement and aborts its upload.
    stopTimeout = 120
    # Metrics have the function's name as their dimension, so that its alarms and its dashboard count the tasks' runs too.
    environment     = [for k, v in merge(var.environment, { AWS_REGION = local.region, AWS_LAMBDA_FUNCTION_NAME = var.name }) : { name = k, value = v }]
    mountPoints     = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    portMappings    = []
    volumesFrom     = []
    systemControls  = []
    linuxParameters = { capabilities = { add = [], drop = ["ALL"] } }
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = local.log_group, "awslogs-region" = local.region, "awslogs-stream-prefix" = "export" }
    }
  }
}

resource "aws_ecr_repository" "this" {
  count                = var.image == null ? 1 : 0
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"
  tags                 = var.tags

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_cloudwatch_log_group" "tasks" {
  # checkov:skip=CKV_AWS_338:Kept as long as the function's log, which the operator chooses.
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_ecs_cluster" "this" {
  # checkov:skip=CKV_AWS_65:The run itself logs its progress and its metrics; Container Insights costs more than it would add.
  name = var.name
  tags = var.tags
}

resource "aws_iam_role" "task" {
  name                 = "${var.name}-task"
  path                 = var.role_path
  description          = "Tasks of ${var.name} on Fargate: what the function may do"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.trust)
  tags                 = var.tags
}

resource "aws_iam_role_policy" "task" {
  name   = "extract"
  role   = aws_iam_role.task.id
  policy = jsonencode({ Version = "2012-10-17", Statement = var.task_statements })
}

# Used by Fargate itself, not by the program.
resource "aws_iam_role" "execution" {
  name                 = "${var.name}-task-start"
  path                 = var.role_path
  description          = "Lets Fargate pull the image of ${var.name} and write its log"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.trust)
  tags                 = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name   = "start"
  role   = aws_iam_role.execution.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.execution_statements })
}

resource "aws_ecs_task_definition" "this" {
  # checkov:skip=CKV_AWS_97:There is no shared file system; the volume is the task's own ephemeral storage.
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([local.container])
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = { arm64 = "ARM64", x86_64 = "X86_64" }[var.architecture]
  }

  # The one place to which the container may write.
  volume {
    name = "tmp"
  }

  dynamic "ephemeral_storage" {
    for_each = var.storage == null ? [] : [var.storage]
    content {
      size_in_gib = ephemeral_storage.value
    }
  }
}
