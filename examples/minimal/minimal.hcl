environment "minimal" {}

instance "main" {
  name = "tellr-minimal"
  autoscaling {
    min_cu = 0.5
    max_cu = 2
  }
}

schema "app_data" { instance = instance.main }

table "notes" {
  schema      = schema.app_data
  columns     = { id = { type = "serial" }, body = { type = "text", not_null = true } }
  primary_key = ["id"]
}
