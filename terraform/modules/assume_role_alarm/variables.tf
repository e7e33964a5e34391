variable "name" {
  description = "Name of the filter and the alarm."
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
  description = "Role of account B whose use is monitored."
  type        = string
}

variable "function_role_arn" {
  description = "Role of the function, whose successful calls are the usual ones."
  type        = string
}

variable "alarm_topic_arns" {
  description = "SNS topics that the alarm notifies."
  type        = list(string)
}
