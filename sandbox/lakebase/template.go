package lakebase

import "github.com/tellr-dev/tellr/sandbox/cluster"

// Names that Lakebase gives. [doc oltp/projects/postgres-roles]
const (
	Admin           = "cloud_admin" // the bootstrap superuser, nobody logs in as it through the gateway
	SuperuserRole   = "databricks_superuser"
	DefaultDatabase = "databricks_postgres"
	// registry is the database that keeps Lakebase's own; users cannot connect to it.
	registry = "postgres"
)

// template is what every branch begins with, before it has an owner.
func template(triggers bool) cluster.Template {
	roles := []string{
		// [doc oltp/projects/manage-roles-permissions] NOLOGIN with the owner's attributes; attributes are not inherited.
		`CREATE ROLE databricks_superuser NOLOGIN CREATEDB CREATEROLE BYPASSRLS`,
		`GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO databricks_superuser`,
		`CREATE ROLE databricks_control_plane NOLOGIN`,
		`CREATE ROLE databricks_monitor NOLOGIN`,
		`CREATE ROLE databricks_gateway NOLOGIN`,
		`CREATE ROLE databricks_replicator NOLOGIN REPLICATION`,
		`REVOKE CONNECT ON DATABASE postgres FROM PUBLIC`,
	}
	every := []string{`GRANT ALL ON SCHEMA public TO databricks_superuser WITH GRANT OPTION`}
	if triggers {
		every = append(every, managedTriggers...)
	}
	return cluster.Template{Superuser: Admin, Scripts: []cluster.Script{
		{Database: registry, Statements: roles},
		// New databases are copies of template1, also those made in SQL.
		{Database: "template1", Statements: every},
		{Database: registry, Statements: []string{
			`CREATE DATABASE databricks_postgres`,
			`GRANT ALL ON DATABASE databricks_postgres TO databricks_superuser WITH GRANT OPTION`,
			// [doc] databricks_writer_<dboid> and databricks_reader_<dboid>, one pair a database.
			`DO $$ DECLARE d oid; BEGIN
			   SELECT oid INTO d FROM pg_database WHERE datname = 'databricks_postgres';
			   EXECUTE format('CREATE ROLE databricks_writer_%s NOLOGIN', d);
			   EXECUTE format('CREATE ROLE databricks_reader_%s NOLOGIN', d);
			 END $$`,
		}},
	}}
}

// managedTriggers are Lakebase's on_create_* event triggers: each new schema, table, view and sequence is granted to
// the system roles, the superuser with grant option. A superuser's GRANT counts as the owner's own. [doc; what exactly
// the reader, writer and gateway get on tables and sequences is inferred from what they get on schemas]
var managedTriggers = []string{
	`CREATE SCHEMA __db_system`,
	`CREATE FUNCTION __db_system.grant_new_objects() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
	 SET search_path = pg_catalog AS $$
	 DECLARE
	   o record;
	   db oid;
	   writer text;
	   reader text;
	 BEGIN
	   FOR o IN SELECT object_type, object_identity FROM pg_event_trigger_ddl_commands()
	            WHERE object_type IN ('schema', 'table', 'view', 'materialized view', 'foreign table', 'sequence')
	              AND command_tag LIKE ANY (ARRAY['CREATE%', 'SELECT INTO', 'IMPORT FOREIGN SCHEMA'])
	              AND coalesce(schema_name, '') NOT LIKE 'pg\_temp%'
	   LOOP
	     IF db IS NULL THEN
	       SELECT d.oid INTO db FROM pg_database d WHERE d.datname = current_database();
	       SELECT ', ' || quote_ident(r.rolname) INTO writer FROM pg_roles r WHERE r.rolname = 'databricks_writer_' || db;
	       SELECT ', ' || quote_ident(r.rolname) INTO reader FROM pg_roles r WHERE r.rolname = 'databricks_reader_' || db;
	     END IF;
	     CASE o.object_type
	     WHEN 'schema' THEN
	       EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %s TO databricks_superuser WITH GRANT OPTION', o.object_identity);
	       EXECUTE format('GRANT USAGE ON SCHEMA %s TO databricks_gateway%s', o.object_identity, coalesce(reader, ''));
	       IF writer IS NOT NULL THEN
	         EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %s TO %s', o.object_identity, substr(writer, 3));
	       END IF;
	     WHEN 'sequence' THEN
	       EXECUTE format('GRANT ALL ON SEQUENCE %s TO databricks_superuser WITH GRANT OPTION', o.object_identity);
	     ELSE
	       EXECUTE format('GRANT ALL ON TABLE %s TO databricks_superuser WITH GRANT OPTION', o.object_identity);
	     END CASE;
	   END LOOP;
	 END $$`,
	`REVOKE ALL ON FUNCTION __db_system.grant_new_objects() FROM PUBLIC`,
	`CREATE EVENT TRIGGER on_create_schema ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA')
	 EXECUTE FUNCTION __db_system.grant_new_objects()`,
	`CREATE EVENT TRIGGER on_create_sequence ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE')
	 EXECUTE FUNCTION __db_system.grant_new_objects()`,
	`CREATE EVENT TRIGGER on_create_table_or_view ON ddl_command_end
	 WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE VIEW', 'CREATE MATERIALIZED VIEW',
	              'CREATE FOREIGN TABLE', 'IMPORT FOREIGN SCHEMA', 'ALTER TABLE')
	 EXECUTE FUNCTION __db_system.grant_new_objects()`,
}
