variable "db_instance_identifier" {
  description = "RDS instance; alternatively db_cluster_identifier or db_proxy_name."
  type        = string
  default     = null
  validation {
    condition     = alltrue([for id in [var.db_instance_identifier, var.db_cluster_identifier, var.db_proxy_name] : id == null || can(regex("^[a-z][a-z0-9-]{0,62}$", id))])
    error_message = "db_instance_identifier, db_cluster_identifier and db_proxy_name are lower-case letters, digits and hyphens, as RDS keeps them (policies tell case apart)."
  }
  validation {
    condition     = length([for id in [var.db_instance_identifier, var.db_cluster_identifier, var.db_proxy_name] : id if id != null]) == 1 || var.db_host != null || var.configuration_store == "existing"
    error_message = "db_instance_identifier is missing: name the database by one of db_instance_identifier, db_cluster_identifier and db_proxy_name (or by db_host)."
  }
  validation {
    condition     = var.connectivity != "privatelink" || var.db_host != null || var.side == "both" && (var.db_instance_identifier != null || var.db_cluster_identifier != null && contains(["writer", "reader"], coalesce(var.db_endpoint, "writer")))
    error_message = "db_host is missing: connectivity privatelink has to know the name in the database's certificate where account B's side is someone else's (its output database_host), and where the database is a proxy or a custom endpoint."
  }
}

variable "db_cluster_identifier" {
  description = "Aurora or Multi-AZ cluster; alternatively db_instance_identifier."
  type        = string
  default     = null
}

variable "db_proxy_name" {
  description = "RDS proxy; alternatively db_instance_identifier."
  type        = string
  default     = null
}

variable "db_endpoint" {
  description = "Endpoint of a cluster or proxy: `writer`, `reader`, or the identifier of another one."
  type        = string
  default     = null
  validation {
    condition     = var.db_endpoint == null || can(regex("^[a-z][a-z0-9-]{0,62}$", var.db_endpoint))
    error_message = "db_endpoint is writer, reader, or the identifier of a custom endpoint, in lower case as RDS keeps it."
  }
}

variable "db_host" {
  description = "Host of the database, so that RDS is not called; null: the address comes from RDS."
  type        = string
  default     = null
}

variable "db_port" {
  description = "Port of the database."
  type        = number
  default     = 5432
}

variable "db_database_port" {
  description = "Port of the database itself, if db_port is that of a load balancer or PrivateLink: IAM tokens name it. Null: db_port."
  type        = number
  default     = null
  validation {
    condition     = var.db_database_port == null || try(var.db_database_port >= 1 && var.db_database_port <= 65535 && floor(var.db_database_port) == var.db_database_port, false)
    error_message = "db_database_port is a whole number from 1 to 65535."
  }
}

variable "db_name" {
  description = "Database to connect to."
  type        = string
  default     = null
  validation {
    condition     = var.configuration_store == "existing" || var.db_name != null
    error_message = "db_name is the database to connect to, for example postgres."
  }
}

variable "db_username" {
  description = "User of the database."
  type        = string
  default     = null
  validation {
    condition     = var.configuration_store == "existing" || var.db_secret_arn != null || var.db_username != null
    error_message = "db_username is the user to log in as."
  }
}

variable "db_auth" {
  description = "`password`, or `iam`: a token instead of any password."
  type        = string
  default     = "password"
  validation {
    condition     = contains(["password", "iam"], var.db_auth)
    error_message = "db_auth is password or iam."
  }
}

variable "db_resource_id" {
  description = "Resource id of the database (`db-…`, `cluster-…`) or proxy (`prx-…`), for db_auth iam."
  type        = string
  default     = null
  validation {
    condition     = var.db_auth == "iam" ? can(regex("^(db|cluster|prx)-[A-Za-z0-9]+$", var.db_resource_id)) && var.db_username != null : true
    error_message = "db_auth iam needs db_resource_id (DbiResourceId, such as db-ABCDEFGHIJKL0123, or cluster-… or prx-…) and db_username."
  }
}

variable "db_ssl_mode" {
  description = "TLS: `verify-full`, `verify-ca`, `require` or `disable`; null for the function's default, verify-full."
  type        = string
  default     = null
  validation {
    condition     = var.db_ssl_mode == null || contains(["verify-full", "verify-ca", "require", "disable"], coalesce(var.db_ssl_mode, "none"))
    error_message = "db_ssl_mode is verify-full, verify-ca, require or disable."
  }
}

variable "db_tls_server_name" {
  description = "Name in the database's certificate, if db_host is that of a load balancer or PrivateLink; null: db_host."
  type        = string
  default     = null
  validation {
    condition     = var.db_tls_server_name == null || can(regex("^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$", var.db_tls_server_name))
    error_message = "db_tls_server_name is a host name such as orders.c1.eu-west-1.rds.amazonaws.com."
  }
}

variable "db_ssl_root_cert" {
  description = "Certificate authority of the database in PEM, if it is not RDS's own; null for the packaged bundle."
  type        = string
  default     = null
  validation {
    condition     = var.db_ssl_root_cert == null || can(regex("-----BEGIN CERTIFICATE-----", var.db_ssl_root_cert))
    error_message = "db_ssl_root_cert is a certificate in PEM."
  }
}

variable "db_secret_arn" {
  description = "Secret of account B with user name and password, such as one that RDS manages; null for none."
  type        = string
  default     = null
}

variable "db_secret_kms_key_arn" {
  description = "Customer key of that secret; null for `aws/secretsmanager`."
  type        = string
  default     = null
}

variable "db_password" {
  description = "Password of the database. Ephemeral: in no plan and no state. Required if configuration_store is parameter and neither IAM login nor a secret replaces it."
  type        = string
  default     = null
  ephemeral   = true
  validation {
    condition     = var.configuration_store != "parameter" || var.db_auth == "iam" || var.db_secret_arn != null || var.db_password != null
    error_message = "db_password is needed to write the configuration: export DB_PASSWORD (deploy.sh asks for it), or use db_auth iam, db_secret_arn or configuration_store secret."
  }
}

variable "db_password_version" {
  description = "Increase it by one to write another password; everything else in the configuration is written when it changes."
  type        = number
  default     = 1
}

variable "configuration_store" {
  description = "Where the database configuration is stored: `parameter` (SecureString), `secret` (0.40 USD a month; deploy.sh fills it) or `existing`."
  type        = string
  default     = "parameter"
  validation {
    condition     = contains(["parameter", "secret", "existing"], var.configuration_store)
    error_message = "configuration_store is parameter, secret or existing."
  }
}

variable "db_config_param" {
  description = "Name of the parameter (for `existing` also a path that ends in /); null: /NAME/db-config."
  type        = string
  default     = null
  validation {
    condition     = var.db_config_param == null || can(regex("^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?$", var.db_config_param)) && !can(regex("^/(?i:aws|ssm)", var.db_config_param))
    error_message = "db_config_param begins with a slash and has letters, digits and _.-/ such as /cross-account/db-config; names that begin with aws or ssm belong to AWS."
  }
  validation {
    condition     = var.configuration_store == "existing" ? var.db_config_param != null : !endswith(coalesce(var.db_config_param, "/x"), "/")
    error_message = "db_config_param: an existing configuration must be named, and a name that ends in / is a path of several parameters, which are not made here (configuration_store existing)."
  }
}

variable "cross_account_role_name" {
  description = "Role of account B that the function assumes; null: NAME-database."
  type        = string
  default     = null
}

variable "external_id" {
  description = "External id, 16 or more random characters: openssl rand -hex 16"
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/_-]+$", var.external_id)) && length(var.external_id) >= 16 && length(var.external_id) <= 1224
    error_message = "external_id needs 16 to 1224 characters of letters, digits and +=,.@:/_-; make one with: openssl rand -hex 16"
  }
}

variable "allow_discover" {
  description = "Also allow listing databases and reading CloudWatch metrics, for action discover."
  type        = bool
  default     = false
}
