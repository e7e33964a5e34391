variable "name" {
  description = "Name prefix of what this module makes."
  type        = string
}

variable "tags" {
  description = "Tags of all that this module makes."
  type        = map(string)
  default     = {}
}

variable "alias_arn" {
  description = "Alias of the function."
  type        = string
}

variable "alias_name" {
  description = "Name of the alias."
  type        = string
  default     = "live"
}

variable "function_name" {
  description = "Name of the function."
  type        = string
}

variable "function_timeout" {
  description = "The function's timeout in seconds, for the queue's visibility timeout."
  type        = number
}

variable "function_role" {
  description = "Name of the function's role, which gets the permission to read the queue; null with a role brought along."
  type        = string
  default     = null
}

variable "role_path" {
  description = "IAM path of the scheduler's role."
  type        = string
  default     = "/"
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary for the scheduler's role, or null."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "Customer key for schedules and queues; null for AWS's keys."
  type        = string
  default     = null
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is set; apart from it because the ARN may be known only after apply."
  type        = bool
  default     = false
}

variable "schedules" {
  description = <<-EOT
    Schedules by name. `expression`: cron(…), rate(…) or at(…); `timezone`: of the expression; `event`: the extraction,
    as in README.md (raiseOnError is added); `retries`: of a delivery that failed: 0, or more where the event has
    ifExists skip, since a delivery may come twice; `window_minutes`: start somewhere within.
  EOT
  type = map(object({
    expression     = string
    timezone       = optional(string, "UTC")
    event          = optional(string, "{}")
    retries        = optional(number, 0)
    window_minutes = optional(number, 0)
    enabled        = optional(bool, true)
  }))
  default = {}
  validation {
    condition     = alltrue([for k, s in var.schedules : can(regex("^[A-Za-z0-9_.-]{1,40}$", k))])
    error_message = "A schedule's name has 1 to 40 letters, digits and _.-"
  }
  validation {
    condition = alltrue([for s in values(var.schedules) : can(regex(
    "^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)|cron\\([^ ()]+( [^ ()]+){5}\\)|at\\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\))$", s.expression))])
    error_message = "A schedule's expression is cron(…) with six fields, such as cron(0 2 * * ? *), rate(1 day), rate(6 hours) or at(2025-12-24T14:30:00)."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : can(keys(jsondecode(s.event)))])
    error_message = "A schedule's event is a JSON object."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : s.retries == 0 || try(jsondecode(s.event).ifExists == "skip", false)])
    error_message = "A schedule's retries are 0, unless its event has \"ifExists\": \"skip\" and a fileName: a second delivery would write a second file."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : s.window_minutes >= 0 && s.window_minutes <= 1440])
    error_message = "A schedule's window_minutes is 0 to 1440."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : can(regex("^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$", s.timezone))])
    error_message = "A schedule's timezone is a name such as Europe/Berlin or UTC."
  }
}

variable "rule" {
  description = "EventBridge rule: `pattern` (JSON) on `bus` (null: the default one); the matched event's `detail` is the extraction. null for none."
  type        = object({ pattern = string, bus = optional(string) })
  default     = null
  validation {
    condition     = var.rule == null ? true : can(keys(jsondecode(var.rule.pattern)))
    error_message = "rule.pattern is a JSON object, such as {\"source\":[\"my.app\"]}."
  }
}

variable "queue" {
  description = "SQS source: a queue made here, one extraction a message; `visibility_timeout` of at least 6 times the function's timeout, `batch_size`, `max_concurrency`, `max_receives` before a message goes to the dead letters. null for none."
  type = object({
    visibility_timeout = optional(number, 5400)
    batch_size         = optional(number, 1)
    max_concurrency    = optional(number, 2)
    max_receives       = optional(number, 3)
  })
  default = null
  validation {
    condition     = var.queue == null ? true : var.queue.visibility_timeout >= 6 * var.function_timeout && var.queue.visibility_timeout <= 43200
    error_message = "queue.visibility_timeout is at least 6 times the function's timeout (and 43200 at most): otherwise a message comes again while it is being worked on."
  }
  validation {
    condition     = var.queue == null ? true : var.queue.batch_size >= 1 && var.queue.batch_size <= 10
    error_message = "queue.batch_size is 1 to 10: the records of a batch run one after another within one timeout."
  }
  validation {
    condition     = var.queue == null ? true : var.queue.max_concurrency >= 2 && var.queue.max_concurrency <= 1000
    error_message = "queue.max_concurrency is 2 to 1000."
  }
}
