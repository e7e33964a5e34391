variable "schedule_expression" {
  description = "The default schedule, such as cron(0 2 * * ? *) or rate(1 day); null for none. Its extraction is defined by the function's environment."
  type        = string
  default     = null
}

variable "schedule_timezone" {
  description = "Time zone of schedule_expression."
  type        = string
  default     = "UTC"
}

variable "schedules" {
  description = <<-EOT
    Schedules by name. `expression`: cron(…), rate(…) or at(…); `timezone`: of the expression; `event`: the extraction,
    as in README.md (raiseOnError is added); `start`: `function` (the default), or with long_runs `export` (the event's
    machine) or `export-all` (the event is that of a plan, or the bucket and key of a list); `route`: `fargate` leaves the function
    out of a machine's exports; `retries`: of a failed delivery, by default Scheduler's (185)
    if the event has incremental, or a fileName with ifExists (or if_exists) skip, else 0, since a delivery may happen twice; `window_minutes`: the run starts at any time within this window.
  EOT
  type = map(object({
    expression     = string
    timezone       = optional(string, "UTC")
    event          = optional(string, "{}")
    start          = optional(string, "function")
    route          = optional(string, "function")
    retries        = optional(number)
    window_minutes = optional(number, 0)
    enabled        = optional(bool, true)
  }))
  default = {}
  validation {
    condition     = alltrue([for k, s in var.schedules : can(regex("^[A-Za-z0-9_.-]{1,40}$", k))])
    error_message = "A schedule's name has 1 to 40 letters, digits and _.-"
  }
  validation {
    condition = alltrue([for e in concat([for s in values(var.schedules) : s.expression], var.schedule_expression == null ? [] : [var.schedule_expression]) : can(regex(
    "^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)|cron\\([^ ()]+( [^ ()]+){5}\\)|at\\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\))$", e))])
    error_message = "A schedule's expression is cron(…) with six fields, such as cron(0 2 * * ? *), rate(1 day), rate(6 hours) or at(2025-12-24T14:30:00)."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : can(keys(jsondecode(s.event)))])
    error_message = "A schedule's event is a JSON object."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : coalesce(s.retries, 0) == 0 || try(jsondecode(s.event).incremental, null) != null || try(lookup(jsondecode(s.event), "ifExists", var.if_exists) == "skip" && can(jsondecode(s.event).fileName), false)])
    error_message = "A schedule's retries are 0, unless its event has incremental, or a fileName and ifExists skip: a second delivery would write a second file."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : try(jsondecode(s.event).incremental.restart, false) != true])
    error_message = "A schedule's incremental has no restart: every run would export the whole table again."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : contains(var.long_runs == "off" ? ["function"] : ["function", "export", "export-all"], s.start)])
    error_message = "A schedule's start is function or, with long_runs fargate, export or export-all."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : s.route == "function" || (s.route == "fargate" && s.start != "function")])
    error_message = "A schedule's route is function, or fargate if it starts a machine."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : s.window_minutes >= 0 && s.window_minutes <= 1440])
    error_message = "A schedule's window_minutes is 0 to 1440."
  }
  validation {
    condition     = alltrue([for t in concat([for s in values(var.schedules) : s.timezone], [var.schedule_timezone]) : can(regex("^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$", t))])
    error_message = "A schedule's timezone is a name such as Europe/Berlin or UTC."
  }
}

variable "event_rule" {
  description = "EventBridge rule: `pattern` (JSON) on `bus` (null: the default one); the matched event's `detail` is the extraction. null for none."
  type        = object({ pattern = string, bus = optional(string) })
  default     = null
  validation {
    condition     = var.event_rule == null ? true : can(keys(jsondecode(var.event_rule.pattern)))
    error_message = "event_rule.pattern is a JSON object, such as {\"source\":[\"my.app\"]}."
  }
}

variable "event_queue" {
  description = "SQS source: a queue that this module creates, with one extraction per message; `visibility_timeout` of at least 6 times the function's timeout, `batch_size`, `max_concurrency`, `max_receives` before a message goes to the dead-letter queue. null for none."
  type = object({
    visibility_timeout = optional(number, 5400)
    batch_size         = optional(number, 1)
    max_concurrency    = optional(number, 2)
    max_receives       = optional(number, 3)
  })
  default = null
  validation {
    condition     = var.event_queue == null ? true : var.event_queue.visibility_timeout >= 6 * var.timeout && var.event_queue.visibility_timeout <= 43200
    error_message = "event_queue.visibility_timeout is at least 6 times the function's timeout (and 43200 at most): otherwise a message comes again while it is being worked on."
  }
  validation {
    condition     = var.event_queue == null ? true : var.event_queue.batch_size >= 1 && var.event_queue.batch_size <= 10
    error_message = "event_queue.batch_size is 1 to 10: the records of a batch run one after another within one timeout."
  }
  validation {
    condition     = var.event_queue == null ? true : var.event_queue.max_concurrency >= 2 && var.event_queue.max_concurrency <= 1000
    error_message = "event_queue.max_concurrency is 2 to 1000."
  }
}
