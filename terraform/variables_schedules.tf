variable "schedule_expression" {
  description = "The usual schedule, such as cron(0 2 * * ? *) or rate(1 day); null for none. Its event is the function's environment."
  type        = string
  default     = null
}

variable "schedule_timezone" {
  description = "Time zone of schedule_expression."
  type        = string
  default     = "UTC"
}

variable "schedules" {
  description = "More schedules by name: {expression, timezone, event (JSON as a string), retries, window_minutes, enabled}."
  type = map(object({
    expression     = string
    timezone       = optional(string, "UTC")
    event          = optional(string, "{}")
    retries        = optional(number, 0)
    window_minutes = optional(number, 0)
    enabled        = optional(bool, true)
  }))
  default = {}
}

variable "event_rule" {
  description = "EventBridge rule {pattern, bus} whose events' detail is an extraction; null for none."
  type        = object({ pattern = string, bus = optional(string) })
  default     = null
}

variable "event_queue" {
  description = "SQS source {visibility_timeout, batch_size, max_concurrency, max_receives}; null for none."
  type = object({
    visibility_timeout = optional(number, 5400)
    batch_size         = optional(number, 1)
    max_concurrency    = optional(number, 2)
    max_receives       = optional(number, 3)
  })
  default = null
}
