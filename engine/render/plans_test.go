package render

import (
	"fmt"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

const hash = "ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12"

func addr(s string) resource.Address {
	a, err := resource.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func at(file string, line int) *resource.Range {
	return &resource.Range{File: file, Line: int32(line), Column: 1}
}

func hole(ref string) resource.Value {
	r, err := resource.ParseAttrRef(ref)
	if err != nil {
		panic(err)
	}
	return resource.Unknown(r)
}

func newPlan(s plan.Summary, steps ...*resource.Step) *plan.Plan {
	return &plan.Plan{
		Format: plan.Format, Environment: plan.Environment{Name: "dev", File: "environments/dev.hcl"},
		Steps: steps, Summary: s, SHA256: hash,
	}
}

func sql(texts ...string) []resource.Statement {
	var out []resource.Statement
	for _, t := range texts {
		out = append(out, resource.Statement{SQL: resource.RawSQL(t)})
	}
	return out
}

func str(s string) resource.Value { return resource.String(s) }

// fromNothing is what a first apply does, one step of each form.
func fromNothing() *plan.Plan {
	app := addr("app.slides")
	secret := resource.Secret("env.API_KEY")
	return newPlan(plan.Summary{Create: 5},
		&resource.Step{
			ID: "instance.main", Address: addr("instance.main"), Action: resource.Create, Cause: resource.CauseConfig,
			Title: "create instance", Stage: resource.Workspace, System: "workspace", At: at("environments/dev.hcl", 26),
			Call: &resource.Call{Method: "POST", Path: str("/api/2.0/database/instances"),
				Body: resource.Object(resource.F("name", str("ai-slide-generator-dev-db")), resource.F("capacity", str("CU_1")))},
			Wait: &resource.Wait{For: "the instance is AVAILABLE", Timeout: 1200},
		},
		&resource.Step{
			ID: "app.slides", Address: app, Action: resource.Create, Cause: resource.CauseConfig,
			Title: "create app", Stage: resource.Workspace, System: "workspace", At: at("examples/tellr/app.hcl", 40),
			Call: &resource.Call{Method: "POST", Path: str("/api/2.0/apps"), Query: []resource.Param{{Name: "no_compute", Value: resource.Bool(true)}},
				Body: resource.Object(
					resource.F("name", str("ai-slide-generator-dev")), resource.F("description", str("AI Slide Generator: development")),
					resource.F("user_api_scopes", resource.Strings("sql", "dashboards.genie", "catalog.tables:read", "serving.serving-endpoints")),
					resource.F("resources", resource.List(resource.Object(
						resource.F("name", str("database")),
						resource.F("database", resource.Object(
							resource.F("instance_name", hole("instance.main.name")),
							resource.F("permission", str("CAN_CONNECT_AND_CREATE")))))))),
			},
			Yields: []resource.Yield{{Attr: "service_principal_client_id", Shape: "uuid"}, {Attr: "url", Shape: "url"}},
		},
		&resource.Step{
			ID: "schema.app_data", Address: addr("schema.app_data"), Action: resource.Create, Cause: resource.CauseConfig,
			Title: "create schema", Stage: resource.Database, System: "instance.main/databricks_postgres", At: at("examples/tellr/schema.hcl", 10),
			Statements: sql(`CREATE SCHEMA "app_data"`),
		},
		&resource.Step{
			ID: "table.user_sessions", Address: addr("table.user_sessions"), Action: resource.Create, Cause: resource.CauseConfig,
			Title: "create table", Stage: resource.Database, System: "instance.main/databricks_postgres", At: at("examples/tellr/tables/sessions.hcl", 3),
			Statements: sql("CREATE TABLE \"app_data\".\"user_sessions\" (\n  \"id\" serial NOT NULL,\n  \"parent_id\" integer,\n  \"title\" varchar(255),\n  CONSTRAINT \"user_sessions_pkey\" PRIMARY KEY (\"id\")\n)",
				`CREATE INDEX "ix_title" ON "app_data"."user_sessions" ("title")`),
		},
		&resource.Step{
			ID: "table.user_sessions/foreign_keys", Address: addr("table.user_sessions"), Action: resource.Create, Cause: resource.CauseConfig,
			Path: resource.Path{"foreign_keys", "user_sessions_parent_id_fkey"}, Title: "add foreign key user_sessions_parent_id_fkey",
			Stage: resource.Database, System: "instance.main/databricks_postgres", At: at("examples/tellr/tables/sessions.hcl", 20),
			Statements: sql("ALTER TABLE \"app_data\".\"user_sessions\" ADD CONSTRAINT \"user_sessions_parent_id_fkey\" FOREIGN KEY (\"parent_id\") REFERENCES \"app_data\".\"user_sessions\" (\"id\") ON DELETE CASCADE"),
		},
		&resource.Step{
			ID: "grants.slides", Address: addr("grants.slides"), Action: resource.Create, Cause: resource.CauseConfig,
			Title: "grant", Stage: resource.Database, System: "instance.main/databricks_postgres", At: at("examples/tellr/app.hcl", 80),
			Statements: []resource.Statement{{SQL: resource.SQL{
				{Text: `GRANT USAGE, CREATE ON SCHEMA "app_data" TO `}, {Hole: "app.slides.service_principal_client_id", Format: resource.Ident}}}},
		},
		&resource.Step{
			ID: "app.slides/release/upload", Address: app, Path: resource.Path{"release"}, Action: resource.Create, Cause: resource.CauseConfig,
			Title: "upload the source", Stage: resource.Release, System: "workspace", At: at("examples/tellr/app.hcl", 60),
			Upload: &resource.Upload{Source: "../examples/tellr/app", Target: resource.Template(resource.Part{Text: "/Workspace/apps/"}, resource.Part{Hole: &resource.Hole{Ref: resource.AttrRef{Address: app, Attr: "name"}}}),
				Files: []resource.File{{Path: "app.yaml", Size: 300}, {Path: "requirements.txt", Size: 12}, {Path: "server.py", Size: 20480},
					{Path: "static/a.css", Size: 1}, {Path: "static/b.css", Size: 1}, {Path: "static/c.css", Size: 1}, {Path: "static/d.css", Size: 1048576}}},
		},
		&resource.Step{
			ID: "app.slides/release/deploy", Address: app, Path: resource.Path{"release"}, Action: resource.Create, Cause: resource.CauseConfig,
			Title: "deploy", Stage: resource.Release, System: "workspace", At: at("examples/tellr/app.hcl", 60),
			Call: &resource.Call{Method: "POST", Path: str("/api/2.0/apps/ai-slide-generator-dev/deployments"), Body: resource.Object(
				resource.F("mode", str("SNAPSHOT")),
				resource.F("env_vars", resource.List(
					resource.Object(resource.F("name", str("LAKEBASE_PG_HOST")), resource.F("value", hole("instance.main.read_write_dns"))),
					resource.Object(resource.F("name", str("API_KEY")), resource.F("value", secret)))))},
			Wait: &resource.Wait{For: "the app is RUNNING"},
		},
	)
}

// everyAction has a step of each kind of change, each cause, each warning.
func everyAction() *plan.Plan {
	orders := addr("table.orders")
	p := newPlan(plan.Summary{Create: 1, Update: 5, Replace: 1, Destroy: 1, Unchanged: 1234, Blocked: 2},
		&resource.Step{
			ID: "enum.state/values", Address: addr("enum.state"), Path: resource.Path{"values"}, Action: resource.Update, Cause: resource.CauseConfig,
			Title: "add values to enum state", Stage: resource.Prepare, System: "db", At: at("environments/dev.hcl", 39),
			Statements: sql(`ALTER TYPE app_data.state ADD VALUE 'late'`), NoUndo: "Postgres cannot remove a value from an enum",
		},
		&resource.Step{
			ID: "table.orders.columns.total", Address: orders, Path: resource.Path{"columns", "total"}, Action: resource.Update, Cause: resource.CauseConfig,
			Reason: "the block no longer has it", Title: "drop column total", Stage: resource.Database, System: "db", At: at("environments/dev.hcl", 41), Destroys: true,
			Blocked:    &resource.Block{Reason: "it destroys data", Allow: []resource.Permit{{Flag: resource.AllowDestroy, Name: "table.orders.columns.total"}}},
			Changes:    []resource.Change{{Path: resource.Path{"columns", "total"}, Live: resource.Object(resource.F("type", str("numeric(10,2)"))), Cause: resource.CauseConfig, Destroys: true}},
			Statements: []resource.Statement{{SQL: resource.RawSQL(`ALTER TABLE "app_data"."orders" DROP COLUMN "total"`), Lock: "ACCESS EXCLUSIVE", LockOn: "app_data.orders", Rows: 120345}},
			NoUndo:     "the column's values are gone",
		},
		&resource.Step{
			ID: `table.logs["eu west"]`, Address: addr(`table.logs["eu west"]`), Action: resource.Delete, Cause: resource.CauseConfig,
			Reason: "no file declares it any more", Title: "drop table", Stage: resource.Database, System: "db", Destroys: true,
			Blocked:    &resource.Block{Reason: "it destroys data", Allow: []resource.Permit{{Flag: resource.AllowDestroy, Name: `table.logs["eu west"]`}}},
			Statements: []resource.Statement{{SQL: resource.RawSQL(`DROP TABLE "app_data"."logs"`), Rows: 1, Bytes: 8192}},
			NoUndo:     "the rows are gone",
		},
		&resource.Step{
			ID: "grants.old", Address: addr("grants.old"), Action: resource.Delete, Cause: resource.CauseConfig, Reason: "no file declares it any more",
			Title: "revoke", Stage: resource.Database, System: "db", Statements: sql(`REVOKE ALL ON SCHEMA "app_data" FROM "x"`),
		},
		&resource.Step{
			ID: "app.slides", Address: addr("app.slides"), Action: resource.Replace, Cause: resource.CauseConfig, Reason: "an app cannot be renamed",
			Title: "delete the old app", Stage: resource.Workspace, System: "workspace", At: at("environments/dev.hcl", 50),
			Changes: []resource.Change{{Path: resource.Path{"name"}, Live: str("old"), Desired: str("new"), Cause: resource.CauseConfig, Replaces: true, Reason: "the name is the app's identity"}},
			Call:    &resource.Call{Method: "DELETE", Path: str("/api/2.0/apps/old")},
		},
		&resource.Step{
			ID: "table.orders.columns.note", Address: orders, Path: resource.Path{"columns", "note"}, Action: resource.Create, Cause: resource.CauseDrift,
			Reason: "it was changed outside of tellr", Title: "add column note", Stage: resource.Database, System: "db", At: at("environments/dev.hcl", 41),
			Changes:    []resource.Change{{Path: resource.Path{"columns", "note"}, Desired: resource.Object(resource.F("type", str("text"))), Cause: resource.CauseDrift}},
			Statements: []resource.Statement{{SQL: resource.RawSQL(`ALTER TABLE "app_data"."orders" ADD COLUMN "note" text`), Lock: "ACCESS EXCLUSIVE", LockOn: "app_data.orders"}},
		},
		&resource.Step{
			ID: "instance.main", Address: addr("instance.main"), Action: resource.Update, Cause: resource.CauseBoth, Title: "resize", Stage: resource.Workspace, System: "workspace",
			At: at("environments/dev.hcl", 26),
			Changes: []resource.Change{
				{Path: resource.Path{"provisioned", "capacity"}, Last: str("CU_1"), Live: str("CU_4"), Desired: str("CU_2"), Cause: resource.CauseBoth},
				{Path: resource.Path{"connection", "password"}, Live: str("x"), Desired: resource.Secret("env.PW"), Sensitive: true, Cause: resource.CauseConfig},
			},
			Call: &resource.Call{Method: "PATCH", Path: str("/api/2.0/database/instances/x"), Query: []resource.Param{{Name: "update_mask", Value: str("capacity")}},
				Body: resource.Object(resource.F("capacity", str("CU_2")), resource.F("password", resource.Template(resource.Part{Text: "pre-"}, resource.Part{Hole: &resource.Hole{Secret: "env.PW"}})))},
		},
		&resource.Step{
			ID: "function.f", Address: addr("function.f"), Action: resource.Update, Cause: resource.CauseConfig, Title: "replace the body", Stage: resource.Database, System: "db",
			At: at("examples/tellr/triggers.hcl", 5),
			Changes: []resource.Change{{Path: resource.Path{"body"}, Cause: resource.CauseConfig,
				Live: str("BEGIN\n  a;\n  b;\n  c;\n  d;\n  RETURN NEW;\nEND;\n"), Desired: str("BEGIN\n  a;\n  b;\n  c;\n  d;\n  e;\n  RETURN NEW;\nEND;\n")}},
			Statements: sql("CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  a;\n  RETURN NEW;\nEND;\n$$"),
		},
		&resource.Step{
			ID: "app.wide", Address: addr("app.wide"), Action: resource.Update, Cause: resource.CauseDrift, Title: "set the scopes", Stage: resource.Release, System: "workspace",
			Changes: []resource.Change{{Path: resource.Path{"user_api_scopes"}, Cause: resource.CauseDrift,
				Live:    resource.Strings("sql", "dashboards.genie", "catalog.tables:read", "catalog.schemas:read"),
				Desired: resource.Strings("sql", "dashboards.genie", "catalog.tables:read", "catalog.schemas:read", "serving.serving-endpoints")}},
			Wait: &resource.Wait{For: "the app is RUNNING", Timeout: 90},
		},
		&resource.Step{
			ID: "table.gone", Address: addr("table.gone"), Action: resource.Create, Cause: resource.CauseDrift, Reason: "it was deleted outside of tellr",
			Title: "create table", Stage: resource.Database, System: "db", At: at("environments/dev.hcl", 70), Statements: sql(`CREATE TABLE "gone" ()`),
		},
	)
	p.Undeclared = []resource.Undeclared{{Kind: "table", Where: "schema app_data", Names: []string{"a", "b", "c", "d"}}, {Kind: "branch", Names: []string{"x"}}}
	p.Notes.Warnf(at("environments/dev.hcl", 44), "drift ignored", "remove ignore to repair it", "comment is %q", "mine")
	p.Notes.Warnf(at("environments/dev.hcl", 61), "is column mail of table.users the former email?", "if it is, write renamed_from = \"email\" in column mail", "email goes, with its values, and mail comes")
	return p
}

// large is a plan of n tables.
func large(n int) *plan.Plan {
	steps := make([]*resource.Step, n)
	for i := range steps {
		a := resource.Address{Kind: "table", Name: fmt.Sprintf("t%04d", i)}
		steps[i] = &resource.Step{ID: a.String(), Address: a, Action: resource.Create, Cause: resource.CauseConfig, Stage: resource.Database,
			System: "db", Title: "create table", At: at("environments/dev.hcl", i+1),
			Statements: sql(fmt.Sprintf("CREATE TABLE \"app_data\".%q (\n  \"id\" serial NOT NULL,\n  \"name\" text,\n  PRIMARY KEY (\"id\")\n)", a.Name))}
	}
	return newPlan(plan.Summary{Create: n}, steps...)
}
