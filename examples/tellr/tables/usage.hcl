# What the app records about its own use. session_id is no foreign key: numbers stay when a session goes.

table "request_logs" {
  schema = schema.app_data

  columns = {
    id          = { type = "serial" }
    "timestamp" = { type = "timestamp", not_null = true } # a type's name in SQL: quoted in every statement
    method      = { type = "varchar(10)", not_null = true }
    path        = { type = "varchar(500)", not_null = true }
    status_code = { type = "integer", not_null = true }
    duration_ms = { type = "double precision", not_null = true }
    request_id  = { type = "varchar(36)" }
  }

  primary_key = ["id"]
  indexes     = { ix_request_logs_timestamp = { columns = ["timestamp"] } }
}

table "usage_events" {
  schema = schema.app_data

  columns = {
    id         = { type = "serial" }
    username   = { type = "varchar(255)", not_null = true }
    event_type = { type = "varchar(30)", not_null = true }
    session_id = { type = "integer" }
    ts         = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  indexes = {
    ix_usage_events_type_ts     = { columns = ["event_type", "ts"] }
    ix_usage_events_username_ts = { columns = ["username", "ts"] }
  }
}
