data "aws_partition" "current" {}

locals {
  arn = "arn:${data.aws_partition.current.partition}:s3:::${var.name}"

  statements = [for s in [
    { Sid = "TlsOnly", Condition = { Bool = { "aws:SecureTransport" = "false" } } },
    { Sid = "ModernTlsOnly", Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } } },
    { on = var.organization_id != null, Sid = "OrganisationOnly", Condition = {
      StringNotEqualsIfExists = { "aws:PrincipalOrgID" = var.organization_id }
      BoolIfExists            = { "aws:PrincipalIsAWSService" = "false" }
    } },
    ] : { for k, v in merge({ Effect = "Deny", Principal = "*", Action = "s3:*", Resource = [local.arn, "${local.arn}/*"] }, s) : k => v if k != "on" }
  if try(s.on, true)]
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_144:Files can be extracted again; whoever needs them in two regions replicates them.
  # checkov:skip=CKV2_AWS_62:Notifications are up to those who consume the files.
  bucket        = var.name
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    bucket_key_enabled = var.kms_key_arn != null
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  count  = var.versioning ? 1 : 0
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  # checkov:skip=CKV_AWS_300:The first rule aborts incomplete uploads after some days; the check stops at the dynamic one.
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "abort-incomplete-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_days
    }
  }

  # Events and results of executions, whose history AWS keeps for 90 days.
  dynamic "rule" {
    for_each = var.runs_prefix == null ? [] : [var.runs_prefix]
    content {
      id     = "expire-runs"
      status = "Enabled"
      filter {
        prefix = rule.value
      }
      expiration {
        days = 90
      }
      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  dynamic "rule" {
    for_each = var.expiration_days == null ? [] : [var.expiration_days]
    content {
      id     = "expire"
      status = "Enabled"
      filter {
        prefix = var.prefix
      }
      expiration {
        days = rule.value
      }
      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_logging" "this" {
  count         = var.log_bucket != null ? 1 : 0
  bucket        = aws_s3_bucket.this.id
  target_bucket = var.log_bucket
  target_prefix = "${var.name}/"
}
