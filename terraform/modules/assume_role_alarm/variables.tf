variable "name" {
  description = "Name of filter and alarm."
  type        = string
}

variable "tags" {
  description = "Tags of the alarm."
  type        = map(string)
  default     = {}
}

variable "cloudtrail_log_group" {
  description = "Log group that CloudTrail writes to, in this account and region."
  type        = string
}

variable "role_arn" {
  description = "Role of account B whose use is watched."
  type        = string
}

variable "function_role_arn" {
  description = "The function's role: its calls that succeed are the usual ones."
  type        = string
}

variable "alarm_topic_arns" {
  description = "SNS topics for the alarm."
  type        = list(string)
}
