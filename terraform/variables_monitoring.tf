variable "alarm_email" {
  description = "Mail address for alarms; null for none. Its owner has to confirm the subscription by mail."
  type        = string
  default     = null
  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "alarm_email is an address such as team@example.com."
  }
}

variable "alarm_topic_arn" {
  description = "Existing SNS topic; null creates one."
  type        = string
  default     = null
  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:", var.alarm_topic_arn))
    error_message = "alarm_topic_arn is the ARN of a topic."
  }
}

variable "account_b_alarm_topic_arn" {
  description = "SNS topic of account B for alarms on the database; null for none."
  type        = string
  default     = null
}

variable "no_success_hours" {
  description = "Alarm if no run has succeeded for this number of hours; null for none."
  type        = number
  default     = null
  validation {
    condition     = var.no_success_hours == null ? true : var.no_success_hours >= 1 && var.no_success_hours <= 168 && floor(var.no_success_hours) == var.no_success_hours
    error_message = "no_success_hours is 1 to 168 (CloudWatch looks back seven days at most)."
  }
}

variable "cloudtrail_log_group" {
  description = "Log group of account A's CloudTrail, to alarm on unusual use of B's role; null for none."
  type        = string
  default     = null
}

variable "account_b_cloudtrail_log_group" {
  description = "Log group of account B's CloudTrail, to alarm on unusual use of its role; needs account_b_alarm_topic_arn."
  type        = string
  default     = null
}
