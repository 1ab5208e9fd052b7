package sandbox_test

import (
	"testing"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/sandbox"
)

func available(t *testing.T, db *database.DatabaseAPI, name string, state database.DatabaseInstanceState) *database.DatabaseInstance {
	t.Helper()
	var i *database.DatabaseInstance
	poll(t, func() string {
		var err error
		i, err = db.GetDatabaseInstanceByName(t.Context(), name)
		must(t, err)
		if i.State != state {
			return name + " is " + string(i.State)
		}
		return ""
	})
	return i
}

func TestInstanceLife(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := unhurried(t)
	db := database.NewDatabase(sdk(t, sb, sb.Token()))
	create := database.CreateDatabaseInstanceRequest{DatabaseInstance: database.DatabaseInstance{Name: "provisioned", Capacity: "CU_1",
		CustomTags: []database.CustomTag{{Key: "team", Value: "slides"}}}}
	wait, err := db.CreateDatabaseInstance(ctx, create)
	must(t, err)
	if r := wait.Response; r.State != database.DatabaseInstanceStateStarting || r.ReadWriteDns != "" || len(r.EffectiveCustomTags) != 1 {
		t.Errorf("created %+v", r)
	}
	_, err = db.CreateDatabaseInstance(ctx, create)
	wantCode(t, err, 409, "ALREADY_EXISTS", "already exists")
	i, err := wait.Get() // the SDK's own waiter
	must(t, err)
	// [sdk] input-only fields come back as their effective_ twins
	if i.NodeCount != 0 || i.EffectiveNodeCount != 1 || i.EffectiveRetentionWindowInDays != 7 || i.Capacity != "CU_1" ||
		i.PgVersion != "PG_VERSION_16" || i.ReadWriteDns == "" || i.Creator != me || len(i.CustomTags) != 0 {
		t.Errorf("instance %+v", i)
	}
	token, err := db.GenerateDatabaseCredential(ctx, database.GenerateDatabaseCredentialRequest{InstanceNames: []string{"provisioned"}, RequestId: "r"})
	must(t, err)
	conn, err := login(t, sb, i.ReadWriteDns, me, token.Token, "databricks_postgres")
	must(t, err)
	statement(t, conn, "", "CREATE TABLE t ()")

	// [doc] behind it is a project of the same name.
	if p, err := postgres.NewPostgres(sdk(t, sb, sb.Token())).GetProject(ctx, postgres.GetProjectRequest{Name: "projects/provisioned"}); err != nil || p.Status.PgVersion != 16 {
		t.Errorf("the project behind it: %+v %v", p, err)
	}

	for _, c := range []struct{ name, mask, body, want string }{
		{"unknown capacity", "capacity", `{"capacity":"CU_3"}`, "Invalid capacity"},
		{"readable secondaries need nodes", "enable_readable_secondaries", `{"enable_readable_secondaries":true}`, "node_count"},
		{"retention", "retention_window_in_days", `{"retention_window_in_days":40}`, "between 2 and 35"},
		{"immutable", "parent_instance_ref", `{"parent_instance_ref":{"name":"x"}}`, "cannot be updated"},
	} {
		if status, answer := raw(t, sb, "PATCH", "/api/2.0/database/instances/provisioned?update_mask="+c.mask, c.body); status != 400 {
			t.Errorf("%s: %d %v", c.name, status, answer)
		}
	}
	up, err := db.UpdateDatabaseInstance(ctx, database.UpdateDatabaseInstanceRequest{Name: "provisioned", UpdateMask: "capacity",
		DatabaseInstance: database.DatabaseInstance{Name: "provisioned", Capacity: "CU_2", NodeCount: 3}})
	must(t, err)
	if up.State != database.DatabaseInstanceStateUpdating {
		t.Errorf("update: %+v", up)
	}
	if i = available(t, db, "provisioned", "AVAILABLE"); i.Capacity != "CU_2" || i.EffectiveNodeCount != 1 {
		t.Errorf("only the masked field changes: %+v", i)
	}
	// Stopped: no changes but start. [issue CLI #3373]
	stop := func(on bool) {
		_, err := db.UpdateDatabaseInstance(ctx, database.UpdateDatabaseInstanceRequest{Name: "provisioned", UpdateMask: "stopped",
			DatabaseInstance: database.DatabaseInstance{Name: "provisioned", Stopped: on, ForceSendFields: []string{"Stopped"}}})
		must(t, err)
	}
	stop(true)
	available(t, db, "provisioned", "STOPPED")
	if _, err := login(t, sb, i.ReadWriteDns, me, token.Token, "databricks_postgres"); sqlstate(err) != "57P03" {
		t.Errorf("login while stopped: %v", err)
	}
	_, err = db.UpdateDatabaseInstance(ctx, database.UpdateDatabaseInstanceRequest{Name: "provisioned", UpdateMask: "capacity",
		DatabaseInstance: database.DatabaseInstance{Name: "provisioned", Capacity: "CU_4"}})
	wantCode(t, err, 400, "INVALID_STATE", "stopped")
	stop(false)
	available(t, db, "provisioned", "AVAILABLE")
	conn, err = login(t, sb, i.ReadWriteDns, me, token.Token, "databricks_postgres")
	must(t, err)
	statement(t, conn, "", "SELECT * FROM t")

	status, answer := raw(t, sb, "DELETE", "/api/2.0/database/instances/provisioned?purge=false", "")
	if status != 400 {
		t.Errorf("purge=false: %d %v", status, answer)
	}
	must(t, db.DeleteDatabaseInstance(ctx, database.DeleteDatabaseInstanceRequest{Name: "provisioned", Purge: true}))
	if _, err := db.GetDatabaseInstanceByName(ctx, "provisioned"); !apierr.IsMissing(err) {
		t.Errorf("after delete: %v", err)
	}
	wait, err = db.CreateDatabaseInstance(ctx, create)
	must(t, err)
	if wait.Response.Uid == i.Uid {
		t.Error("the new instance has the old uid")
	}
	i = available(t, db, "provisioned", "AVAILABLE")
	if _, err = login(t, sb, i.ReadWriteDns, me, token.Token, "databricks_postgres"); sqlstate(err) != "28P01" {
		t.Errorf("the old instance's token: %v", err)
	}
}

func TestInstancesOfTheOtherAPIAreInvisible(t *testing.T) {
	t.Parallel()
	project(t, shared, "only-postgres", postgres.Project{})
	_, err := database.NewDatabase(sdk(t, shared, shared.Token())).GetDatabaseInstanceByName(t.Context(), "only-postgres")
	wantCode(t, err, 404, "NOT_FOUND", "only-postgres")
}

func TestChildInstances(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := start(t, sandbox.Options{PostgresVersion: 17, SharedAddress: true})
	db := database.NewDatabase(sdk(t, sb, sb.Token()))
	_, err := db.CreateDatabaseInstance(ctx, database.CreateDatabaseInstanceRequest{DatabaseInstance: database.DatabaseInstance{Name: "parent"}})
	must(t, err)
	p := available(t, db, "parent", "AVAILABLE")
	if p.PgVersion != "PG_VERSION_17" {
		t.Errorf("version %s", p.PgVersion)
	}
	conn, err := login(t, sb, p.ReadWriteDns, me, sb.Token(), "databricks_postgres") // host:port
	must(t, err)
	statement(t, conn, "", "CREATE TABLE copied ()")
	_, err = db.CreateDatabaseInstance(ctx, database.CreateDatabaseInstanceRequest{DatabaseInstance: database.DatabaseInstance{Name: "child",
		ParentInstanceRef: &database.DatabaseInstanceRef{Name: "parent"}}})
	must(t, err)
	c := available(t, db, "child", "AVAILABLE")
	conn, err = login(t, sb, c.ReadWriteDns, me, sb.Token(), "databricks_postgres")
	must(t, err)
	statement(t, conn, "", "SELECT * FROM copied")
	err = db.DeleteDatabaseInstance(ctx, database.DeleteDatabaseInstanceRequest{Name: "parent", Purge: true})
	wantCode(t, err, 400, "BAD_REQUEST", "child")
	must(t, db.DeleteDatabaseInstance(ctx, database.DeleteDatabaseInstanceRequest{Name: "parent", Purge: true, Force: true}))
}
