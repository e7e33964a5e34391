variable "overview" {
  description = "true: a separate function makes the page of all databases and exports (docs/overview.md), with a role for it in account B. `OVERVIEW_TOPIC_ARN` in environment names an existing topic."
  type        = bool
  default     = false
}

variable "overview_schedule_expression" {
  description = "Schedule on which the page is made."
  type        = string
  default     = "rate(1 hour)"
}

variable "overview_emails" {
  description = "Mail addresses that receive the findings; each subscription has to be confirmed by mail."
  type        = list(string)
  default     = []
}

variable "overview_role_arns" {
  description = "Roles of further accounts (modules/overview_role) that require external_id."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.overview_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "overview_role_arns are ARNs of roles, without *."
  }
}
