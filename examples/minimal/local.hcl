# minimal.hcl on any Postgres: only the instance differs.

environment "local" {}

instance "main" {
  postgres { url = env("DATABASE_URL") }
}

schema "app_data" { instance = instance.main }

table "notes" {
  schema      = schema.app_data
  columns     = { id = { type = "serial" }, body = { type = "text", not_null = true } }
  primary_key = ["id"]
}
