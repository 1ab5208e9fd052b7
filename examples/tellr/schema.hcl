# The schema that all tables stand in. Every environment brings its own instance "main".

variable "schema" {
  type        = string
  default     = "app_data"
  description = "Postgres schema of the app's tables; the app sees it as LAKEBASE_SCHEMA"
}

schema "app_data" {
  instance = instance.main
  name     = var.schema
}
