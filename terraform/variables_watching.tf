variable "alarm_email" {
  description = "Address for alarms; null for none. It has to confirm by mail."
  type        = string
  default     = null
}

variable "alarm_topic_arn" {
  description = "SNS topic that exists already; null makes one."
  type        = string
  default     = null
}

variable "account_b_alarm_topic_arn" {
  description = "SNS topic of account B for alarms on the database; null for none."
  type        = string
  default     = null
}

variable "no_success_hours" {
  description = "Alarm when no run has succeeded for so many hours; null for none."
  type        = number
  default     = null
}

variable "budget_monthly_usd" {
  description = "Monthly budget of account A in USD; null for none."
  type        = number
  default     = null
}

variable "cloudtrail_log_group" {
  description = "Log group of account A's CloudTrail, to alarm on unusual use of B's role; null for none."
  type        = string
  default     = null
}

variable "account_b_cloudtrail_log_group" {
  description = "The same in account B; needs account_b_alarm_topic_arn."
  type        = string
  default     = null
  validation {
    condition     = var.account_b_cloudtrail_log_group == null || var.account_b_alarm_topic_arn != null
    error_message = "account_b_cloudtrail_log_group needs account_b_alarm_topic_arn: an alarm cannot publish into another account's topic without its policy."
  }
}

variable "flow_logs" {
  description = "Log rejected connections of the function's VPC (0.50 USD a GB)."
  type        = bool
  default     = false
}
