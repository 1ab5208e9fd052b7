-- == what roles have changes as things are made anew
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v1 AS SELECT a, b FROM app.t; CREATE VIEW app.w1 AS SELECT a FROM app.v1; GRANT SELECT ON app.v1 TO reader;
CREATE VIEW app.v2 AS SELECT a, b FROM app.t; GRANT SELECT, INSERT ON app.v2 TO reader, writer WITH GRANT OPTION; CREATE VIEW app.v3 AS SELECT a, b FROM app.t; GRANT SELECT (a, b) ON app.v3 TO owners; CREATE VIEW app.v4 AS SELECT a, b FROM app.t; GRANT SELECT ON app.v4 TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO "o'dd @ ""role"; ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO owners; CREATE VIEW app.v6 AS SELECT a, b FROM app.t; REVOKE ALL ON app.v6 FROM owners, "o'dd @ ""role"; CREATE TABLE app.t2 (a int, b int, c int); GRANT SELECT (a, b), UPDATE (b) ON app.t2 TO reader;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v1 AS SELECT b FROM app.t; CREATE VIEW app.w1 AS SELECT b FROM app.v1; GRANT SELECT ON app.v1 TO reader, writer; GRANT INSERT ON app.v1 TO reader;
CREATE VIEW app.v2 AS SELECT b FROM app.t; GRANT SELECT, INSERT ON app.v2 TO reader; GRANT SELECT ON app.v2 TO writer WITH GRANT OPTION; CREATE VIEW app.v3 AS SELECT b FROM app.t; GRANT SELECT (b) ON app.v3 TO owners; CREATE VIEW app.v5 AS SELECT b FROM app.t; GRANT SELECT ON app.v5 TO writer, reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO "o'dd @ ""role"; ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO owners; CREATE VIEW app.v6 AS SELECT b FROM app.t; REVOKE ALL ON app.v6 FROM owners, "o'dd @ ""role"; CREATE TABLE app.t2 (a int, c int); GRANT SELECT (a, c), UPDATE (c) ON app.t2 TO reader;
REVOKE ALL ON app.t, app.t2, app.v1, app.w1, app.v2, app.v5 FROM "o'dd @ ""role"; REVOKE ALL ON app.t, app.t2, app.v1, app.w1, app.v2, app.v5 FROM owners; REVOKE UPDATE ON app.v3 FROM owners; REVOKE ALL ON app.v3 FROM "o'dd @ ""role";

-- == what a role by default may run and use, but not here, is made anew
CREATE DOMAIN app.d AS int; CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO owners; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON TYPES TO owners;
-- =>
CREATE DOMAIN app.d AS text; CREATE FUNCTION app.f(b int) RETURNS text LANGUAGE sql AS 'SELECT ''1'''; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO owners; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON TYPES TO owners;
