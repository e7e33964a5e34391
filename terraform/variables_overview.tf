variable "overview" {
  description = "true: a function of its own makes the page of all databases and exports (docs/overview.md), and account B gets a role for it. Its topic, where one exists already: `OVERVIEW_TOPIC_ARN` of environment."
  type        = bool
  default     = false
}

variable "overview_schedule_expression" {
  description = "When the page is made anew."
  type        = string
  default     = "rate(1 hour)"
}

variable "overview_emails" {
  description = "Addresses that get the findings; each has to confirm by mail."
  type        = list(string)
  default     = []
}

variable "overview_role_arns" {
  description = "Roles of further accounts (modules/overview_role) that take external_id."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.overview_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "overview_role_arns are ARNs of roles, without *."
  }
}
