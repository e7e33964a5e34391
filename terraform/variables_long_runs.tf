variable "long_runs" {
  description = "`off`, or `fargate`: state machines that continue an export of more than 15 minutes as a task on Fargate, and run lists of exports (docs/long-runs.md). Account B's side needs the same setting."
  type        = string
  default     = "off"
  validation {
    condition     = contains(["off", "fargate"], var.long_runs)
    error_message = "long_runs is off or fargate."
  }
  validation {
    condition     = var.long_runs == "off" || length(var.account_a_subnet_ids) > 0
    error_message = "long_runs: tasks on Fargate lie in a VPC, set account_a_subnet_ids."
  }
}

variable "container_image" {
  description = "URI of an existing image of the architecture, such as 111111111111.dkr.ecr.eu-west-1.amazonaws.com/extractor:1.0; null creates a repository NAME, to which container_image_tag is pushed."
  type        = string
  default     = null
  validation {
    condition     = var.container_image == null || can(regex("^[a-z0-9][a-z0-9._/:-]*[a-z0-9]((:[A-Za-z0-9_][A-Za-z0-9._-]*)|(@sha256:[0-9a-f]{64}))$", var.container_image))
    error_message = "container_image is the URI of an image with its tag or digest."
  }
  validation {
    condition     = var.long_runs == "off" || var.container_image == null || var.aws_api_access == "existing" || can(regex("^[0-9]{12}\\.dkr\\.ecr\\.", var.container_image))
    error_message = "container_image: without NAT (aws_api_access endpoints) a task pulls its image from ECR only."
  }
}

variable "container_image_tag" {
  description = "Tag of the image in the repository that is created, such as v1.0.0. Tags there are immutable: each image has another."
  type        = string
  default     = null
  validation {
    condition     = var.container_image_tag == null || can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.container_image_tag))
    error_message = "container_image_tag has letters, digits and ._-, 128 at most."
  }
  validation {
    condition     = var.long_runs == "off" || var.container_image != null || var.container_image_tag != null
    error_message = "container_image_tag is missing: the tag of the image in the repository that is created (or set container_image)."
  }
}

variable "container_cpu" {
  description = "CPU units of a task; 1024 is one core."
  type        = number
  default     = 1024
}

variable "container_memory" {
  description = "Memory of a task in MB."
  type        = number
  default     = 2048
  validation {
    # Fargate's combinations: least, most and step of the memory by CPU units.
    condition = try([for sizes in [{
      "256"  = [512, 2048, 512], "512" = [1024, 4096, 1024], "1024" = [2048, 8192, 1024], "2048" = [4096, 16384, 1024]
      "4096" = [8192, 30720, 1024], "8192" = [16384, 61440, 4096], "16384" = [32768, 122880, 8192]
      }[tostring(var.container_cpu)]] : var.container_memory >= sizes[0] && var.container_memory <= sizes[1] && (var.container_memory % sizes[2] == 0)
    && !(var.container_cpu == 256 && var.container_memory == 1536)][0], false)
    error_message = "container_cpu and container_memory are a combination that Fargate has, such as 1024 and 2048 to 8192, 4096 and 8192 to 30720: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"
  }
}

variable "container_storage" {
  description = "Ephemeral storage of a task in GiB, 21 to 200; null for Fargate's 20, which are free."
  type        = number
  default     = null
  validation {
    condition     = var.container_storage == null ? true : var.container_storage >= 21 && var.container_storage <= 200 && floor(var.container_storage) == var.container_storage
    error_message = "container_storage is 21 to 200 GiB, or null."
  }
}

variable "bucket_abort_days" {
  description = "Days after which the lifecycle of an existing bucket aborts incomplete uploads. The bucket that is created has 1, or with long_runs 7."
  type        = number
  default     = null
  validation {
    condition     = var.bucket_abort_days == null ? true : var.bucket == "existing" && var.bucket_abort_days >= 1 && floor(var.bucket_abort_days) == var.bucket_abort_days
    error_message = "bucket_abort_days is a whole number of days, and for an existing bucket only."
  }
}

variable "long_run_hours" {
  description = "Hours after which an execution of the machine is ended; null for 23. Less than the days after which the bucket's lifecycle aborts incomplete uploads."
  type        = number
  default     = null
  validation {
    condition     = var.long_run_hours == null ? true : var.long_run_hours >= 1 && floor(var.long_run_hours) == var.long_run_hours
    error_message = "long_run_hours is a whole number of hours."
  }
  validation {
    condition     = var.long_runs == "off" || coalesce(var.long_run_hours, 23) < 24 * (var.bucket == "create" ? 7 : coalesce(var.bucket_abort_days, 1))
    error_message = "long_run_hours: the bucket's lifecycle would abort the upload of a run that takes this long. The rule of the bucket that is created allows 167 hours, that of an existing one of bucket_abort_days (1 if not given) less than so many days."
  }
}

variable "long_run_attempts" {
  description = "Number of tasks that an execution starts at most, one after another, as long as a failure may pass."
  type        = number
  default     = 3
  validation {
    condition     = contains([1, 2, 3, 4, 5], var.long_run_attempts)
    error_message = "long_run_attempts is 1 to 5."
  }
}

variable "export_concurrency" {
  description = "Number of exports of a list that run at once: each takes the connections of its parallelism from the database."
  type        = number
  default     = 5
  validation {
    condition     = var.export_concurrency >= 1 && var.export_concurrency <= 1000 && floor(var.export_concurrency) == var.export_concurrency
    error_message = "export_concurrency is 1 to 1000."
  }
}
