variable "name" {
  description = "Name prefix of what this module makes."
  type        = string
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "function_name" {
  description = "Function to watch."
  type        = string
}

variable "alias_name" {
  description = "Alias whose invocations count."
  type        = string
  default     = "live"
}

variable "function_timeout" {
  description = "The function's timeout in seconds."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer key of the topic and the flow logs. Alarms cannot publish to a topic under `alias/aws/sns`."
  type        = string
}

variable "alarm_emails" {
  description = "Addresses for the alarms; each has to confirm the subscription by mail."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for m in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", m))])
    error_message = "alarm_emails are addresses such as team@example.com."
  }
}

variable "topic_arn" {
  description = "SNS topic that exists already; null makes one."
  type        = string
  default     = null
}

variable "queues" {
  description = "Queues that ought to be empty: label => name."
  type        = map(string)
  default     = {}
}

variable "duration_percent" {
  description = "Percentage of the timeout from which a run is alarming."
  type        = number
  default     = 85
  validation {
    condition     = var.duration_percent >= 10 && var.duration_percent <= 99
    error_message = "duration_percent is 10 to 99."
  }
}

variable "failure_types" {
  description = "errorType values (docs/errors.md) that get an alarm each."
  type        = list(string)
  default     = ["AssumeRoleDenied", "AssumeRoleFailed", "ConnectTimeout"]
  validation {
    condition     = alltrue([for t in var.failure_types : can(regex("^[A-Z][A-Za-z]+$", t))])
    error_message = "failure_types are errorType names such as ConnectTimeout."
  }
}

variable "no_success_hours" {
  description = "Alarm when no run has succeeded for so many hours; null for none."
  type        = number
  default     = null
  validation {
    condition     = var.no_success_hours == null ? true : var.no_success_hours >= 1 && var.no_success_hours <= 168 && floor(var.no_success_hours) == var.no_success_hours
    error_message = "no_success_hours is 1 to 168 (CloudWatch looks back seven days at most)."
  }
}

variable "budget_monthly_usd" {
  description = "Monthly budget of the account in USD; null for no budgets."
  type        = number
  default     = null
  validation {
    condition     = var.budget_monthly_usd == null ? true : var.budget_monthly_usd > 0
    error_message = "budget_monthly_usd is above 0."
  }
}

variable "budget_data_transfer_usd" {
  description = "Monthly budget for data transfer in USD; null: a quarter of the total."
  type        = number
  default     = null
}

variable "budget_lambda_usd" {
  description = "Monthly budget for Lambda in USD; null: half of the total."
  type        = number
  default     = null
}

variable "flow_logs_vpc_id" {
  description = "VPC whose rejected connections are logged; null for none."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 30
}

variable "role_path" {
  description = "IAM path of the flow logs' role."
  type        = string
  default     = "/"
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary for the flow logs' role, or null."
  type        = string
  default     = null
}
