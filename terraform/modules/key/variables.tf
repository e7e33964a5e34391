variable "name" {
  description = "Name of the alias, without `alias/`."
  type        = string
}

variable "tags" {
  description = "Tags of the key."
  type        = map(string)
  default     = {}
}

variable "deletion_window_days" {
  description = "Days that a deleted key can still be brought back."
  type        = number
  default     = 30
  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days is 7 to 30."
  }
}

variable "log_group_arn_pattern" {
  description = "Log groups that may use the key, for example `arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/x*`."
  type        = string
}

variable "bucket_user_role_arns" {
  description = "Roles that write objects under this key; multipart uploads need Decrypt besides GenerateDataKey."
  type        = list(string)
  default     = []
}
