package e2e

import (
	"fmt"
	"time"
)

// shop is a small environment with all stages. %[1]s makes its names unique,
// so that many of them fit in one workspace.
const shop = `
environment "shop" {}

instance "main" {
  name = "shop-%[1]s"
  provisioned { capacity = "CU_1" }
}

app "shop" {
  name        = "shop-%[1]s"
  description = "A small shop"
  database    = { instance = instance.main, permission = "CAN_CONNECT_AND_CREATE" }
  release {
    source         = "app"
    workspace_path = "/Workspace/Users/me@example.com/shop-%[1]s"
    command        = ["python", "main.py"]
    env            = { TOKEN = env("SHOP_TOKEN"), SELF = app.shop.url }
  }
}

schema "shop" {
  instance = instance.main
}

grants "shop" {
  schema = schema.shop
  to     = app.shop
}

enum "state" {
  schema = schema.shop
  values = ["open", "paid"]
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

table "orders" {
  schema  = schema.shop
  comment = "What customers bought"
  columns = {
    id          = { type = "bigint", identity = "always" }
    customer_id = { type = "integer", not_null = true }
    state       = { type = enum.state, not_null = true, default = "'open'" }
    total       = { type = "numeric(10,2)", default = "0" }
  }
  primary_key  = ["id"]
  checks       = { total_not_negative = "total >= 0" }
  foreign_keys = { orders_customer_id_fkey = { columns = ["customer_id"], references = table.customers } }
}
`

func (w *world) shop(id string) (file string) {
	file = "shop-" + id + ".hcl"
	w.write(file, fmt.Sprintf(shop, id))
	w.write("app/main.py", "print('open')\n")
	return file
}

// eventually waits for a condition that the workspace brings about.
func (w *world) eventually(what string, cond func() bool) {
	w.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatalf("it did not happen in 30 s: %s", what)
		}
	}
}
