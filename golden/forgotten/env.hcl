environment "golden" {
  description = "A small shop"
}

instance "main" {
  name = "shop-db"
  autoscaling {
    min_cu = 0.5
    max_cu = 2
  }
}

app "shop" {
  name        = "shop"
  description = "A small shop"
  database    = { instance = instance.main, permission = "CAN_CONNECT_AND_CREATE" }
}

schema "shop" {
  instance = instance.main
}

grants "shop" {
  schema = schema.shop
  to     = app.shop
}

table "customers" {
  schema = schema.shop
  columns = {
    id    = { type = "serial" }
    email = { type = "varchar(255)", not_null = true }
  }
  primary_key = ["id"]
  indexes     = { ix_customers_email = { on = ["lower(email)"], unique = true } }
}
