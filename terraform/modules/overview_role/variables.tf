variable "function_role_arn" {
  description = "Role of the overview's function (output `role_arn` of the module overview); nobody else may assume this role."
  type        = string
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.function_role_arn))
    error_message = "function_role_arn is the ARN of a role."
  }
}

variable "external_id" {
  description = "External id that the overview must send; null requires none."
  type        = string
  default     = null
}

variable "role_name" {
  description = "Name of the role."
  type        = string
  default     = "DataExtractionOverview"
}

variable "role_path" {
  description = "Path of the role."
  type        = string
  default     = "/"
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the role."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
}
