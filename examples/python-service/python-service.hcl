environment "python-service" {}

instance "main" {
  name = "tellr-python-service"
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

app "service" {
  name = "tellr-python-service"

  # Gives the process PG* and LAKEBASE_* variables, from which tellr run makes DATABASE_URL.
  database = {
    instance   = instance.main
    schema     = schema.app_data
    permission = "CAN_CONNECT_AND_CREATE"
  }

  release {
    source         = "app"
    workspace_path = "/Workspace/Users/me@example.com/.apps/python-service"
    command        = ["sh", "start.sh"]
  }
}

grants "service" {
  schema = schema.app_data
  to     = app.service
}
