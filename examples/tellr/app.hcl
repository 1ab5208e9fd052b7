# The app, its release and its rights. An environment without a workspace (environments/local.hcl) leaves this file out.

variable "app_name" {
  type        = string
  description = "Name of the app in the workspace: 2-30 of a-z, 0-9 and -"
}

variable "app_description" {
  type    = string
  default = "AI Slide Generator"
}

variable "compute_size" {
  type    = string
  default = "MEDIUM"
}

variable "workspace_path" {
  type        = string
  description = "Workspace folder that the release is uploaded to"
}

variable "app_environment" {
  type        = string
  description = "What the app sees as ENVIRONMENT"
}

variable "log_level" {
  type    = string
  default = "INFO"
}

app "slides" {
  name         = var.app_name
  description  = var.app_description
  compute_size = var.compute_size

  # What the app may do as the user who looks at it.
  user_api_scopes = [
    "sql",
    "dashboards.genie",
    "catalog.tables:read",
    "catalog.schemas:read",
    "catalog.catalogs:read",
    "serving.serving-endpoints",
  ]

  # Makes the app's Postgres role, and gives the app PG* and LAKEBASE_* variables.
  database = {
    instance   = instance.main
    schema     = schema.app_data
    permission = "CAN_CONNECT_AND_CREATE"
  }

  release {
    source         = "app" # the folder beside this file
    workspace_path = var.workspace_path
    exclude        = ["*.pyc", "__pycache__"]
    command        = ["python", "server.py"]
    env = {
      ENVIRONMENT = var.app_environment
      LOG_LEVEL   = var.log_level
    }
  }
}

# The five grants that the app needs. They are also the default, so "schema" and "to" would do; they stand here to be read.
grants "slides" {
  schema    = schema.app_data
  to        = app.slides
  on_schema = ["USAGE", "CREATE"]
  tables    = ["SELECT", "INSERT", "UPDATE", "DELETE"] # those that exist, and by default privileges those to come
  sequences = ["USAGE", "SELECT"]                      # what a serial column's nextval needs
}
