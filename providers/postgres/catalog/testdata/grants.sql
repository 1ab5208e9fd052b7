-- Privileges as sets: NULL ACLs, PUBLIC, grant options, several grantors, column grants (not read as table grants),
-- default privileges by owner, the platform's roles (never seen), a grantee that owns a table, one that has nothing.
-- as deployer
-- want schema.app {"name": "app"}
-- want grants.slides {"schema": "app", "to": "App-1"}
-- want grants.both {"schema": "app", "to": ["App-1", "reader", "PUBLIC"]}
-- want grants.all {"schema": "app", "to": ["reader"], "exclusive": true}
-- want grants.none {"schema": "app", "to": "nobody_has"}
-- want grants.unknown {"schema": "app", "to": "no such role"}
-- want grants.nowhere {"schema": "nowhere", "to": "App-1"}
DO $$ BEGIN
  CREATE ROLE deployer LOGIN; CREATE ROLE "Them"; CREATE ROLE team; GRANT team TO deployer;
EXCEPTION WHEN duplicate_object THEN END $$;
DO $$ BEGIN
  CREATE ROLE "App-1"; CREATE ROLE reader; CREATE ROLE nobody_has; CREATE ROLE databricks_writer_1; CREATE ROLE stranger;
EXCEPTION WHEN duplicate_object THEN END $$;
CREATE SCHEMA app AUTHORIZATION deployer;
GRANT USAGE, CREATE ON SCHEMA app TO "App-1", databricks_writer_1;
GRANT USAGE ON SCHEMA app TO reader WITH GRANT OPTION;
GRANT CREATE ON SCHEMA app TO "Them", team;
SET ROLE deployer;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO "App-1";
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO "App-1", databricks_writer_1;
ALTER DEFAULT PRIVILEGES FOR ROLE team IN SCHEMA app GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO stranger;
CREATE TABLE app.defaulted (id serial PRIMARY KEY, a text);
ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM stranger;
ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE ALL ON SEQUENCES FROM databricks_writer_1;
RESET ROLE;
ALTER DEFAULT PRIVILEGES FOR ROLE "Them" IN SCHEMA app GRANT SELECT ON TABLES TO reader;
CREATE TABLE app.plain (id integer, secret text);
CREATE TABLE app.granted (id integer, secret text);
GRANT SELECT, TRUNCATE ON app.granted TO reader WITH GRANT OPTION;
GRANT INSERT ON app.granted TO reader;
GRANT SELECT ON app.granted TO PUBLIC;
GRANT SELECT (id), UPDATE (secret) ON app.plain TO "App-1";
CREATE TABLE app.apps ();
ALTER TABLE app.apps OWNER TO "App-1";
CREATE VIEW app.v AS SELECT 1 AS one;
GRANT SELECT ON app.v TO "App-1";
CREATE TABLE app.ident (id integer GENERATED ALWAYS AS IDENTITY);
CREATE SEQUENCE app.seq;
GRANT USAGE ON SEQUENCE app.seq TO reader;
SET ROLE reader;
GRANT SELECT ON app.granted TO "App-1";
RESET ROLE;
GRANT SELECT ON app.granted TO "App-1";
CREATE FUNCTION app.f(a integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION app.g() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.g() TO "App-1";
