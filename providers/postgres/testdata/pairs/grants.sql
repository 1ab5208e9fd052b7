-- == schema granted
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); GRANT USAGE ON SCHEMA app TO reader; GRANT USAGE, CREATE ON SCHEMA app TO writer;

-- == schema revoked
GRANT USAGE, CREATE ON SCHEMA app TO reader, writer;
-- =>
GRANT USAGE ON SCHEMA app TO reader;

-- == everything revoked
CREATE TABLE app.t (id int); GRANT ALL ON app.t TO reader; GRANT USAGE ON SCHEMA app TO reader, PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
-- =>
CREATE TABLE app.t (id int);

-- == schema with grant option
GRANT USAGE ON SCHEMA app TO reader;
-- =>
GRANT USAGE ON SCHEMA app TO reader WITH GRANT OPTION; GRANT USAGE, CREATE ON SCHEMA app TO writer WITH GRANT OPTION;

-- == grant option taken back
CREATE TABLE app.t (id int); GRANT SELECT, UPDATE ON app.t TO reader WITH GRANT OPTION;
-- =>
CREATE TABLE app.t (id int); GRANT SELECT, UPDATE ON app.t TO reader;

-- == all tables and those to come
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int);
-- =>
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int);
GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA app TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO reader;

-- == all tables but none to come
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int); ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
-- =>
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int); GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;

-- == tables to come but none that is there
CREATE TABLE app.t (id int); GRANT SELECT ON app.t TO reader;
-- =>
CREATE TABLE app.t (id int); ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;

-- == tables to come but only some that are new
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int); CREATE TABLE app.v (id int);
GRANT SELECT, DELETE ON app.v TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;

-- == one table of several
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int); GRANT SELECT ON app.u TO reader;
-- =>
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int); GRANT SELECT ON app.t TO reader; GRANT ALL ON app.u TO writer;

-- == more on one table than on all
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int);
-- =>
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int); GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; GRANT UPDATE, DELETE ON app.u TO reader;

-- == columns granted
CREATE TABLE app.t (id int, a text, b text);
-- =>
CREATE TABLE app.t (id int, a text, b text); GRANT SELECT (id, a), UPDATE (a) ON app.t TO reader;
GRANT INSERT (b) ON app.t TO writer WITH GRANT OPTION;

-- == columns revoked
CREATE TABLE app.t (id int, a text, b text); GRANT SELECT (id, a), UPDATE (a, b) ON app.t TO reader; GRANT SELECT (id) ON app.t TO writer;
-- =>
CREATE TABLE app.t (id int, a text, b text); GRANT SELECT (a) ON app.t TO reader; GRANT USAGE ON SCHEMA app TO reader;

-- == columns beside the table
CREATE TABLE app.t (id int, a text);
-- =>
CREATE TABLE app.t (id int, a text); GRANT SELECT ON app.t TO reader; GRANT UPDATE (a) ON app.t TO reader;

-- == sequences
CREATE SEQUENCE app.s; CREATE TABLE app.t (id serial); GRANT USAGE ON SEQUENCE app.s TO reader;
-- =>
CREATE SEQUENCE app.s; CREATE TABLE app.t (id serial); GRANT SELECT, UPDATE ON SEQUENCE app.s TO reader; GRANT USAGE ON SEQUENCE app.t_id_seq TO writer;

-- == sequences to come
CREATE SEQUENCE app.s;
-- =>
CREATE SEQUENCE app.s; CREATE SEQUENCE app.u; GRANT USAGE ON ALL SEQUENCES IN SCHEMA app TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO reader;

-- == functions
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT EXECUTE ON FUNCTION app.f(int) TO reader;

-- == everyone may not execute one function
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.g() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.g() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION app.g() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.g() TO reader;

-- == everyone may execute no function
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.g() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA app FROM PUBLIC; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA app TO writer;

-- == everyone may execute again
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION app.f() FROM PUBLIC;
-- =>
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- == functions to come
SELECT 1;
-- =>
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO reader;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- == types
CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int;
-- =>
CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; REVOKE USAGE ON TYPE app.e FROM PUBLIC; GRANT USAGE ON TYPE app.e TO reader;
GRANT USAGE ON TYPE app.d TO writer WITH GRANT OPTION;

-- == types without everyone
CREATE TYPE app.e AS ENUM ('a');
-- =>
CREATE TYPE app.e AS ENUM ('a'); CREATE TYPE app.c AS (a int); REVOKE USAGE ON TYPE app.e, app.c FROM PUBLIC;

-- == everyone
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); GRANT USAGE ON SCHEMA app TO PUBLIC; GRANT SELECT ON app.t TO PUBLIC; GRANT INSERT ON app.t TO reader;

-- == views
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t;
-- =>
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t;
GRANT SELECT ON app.v, app.m TO reader; GRANT SELECT (id) ON app.v TO writer;

-- == default privileges of another
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); ALTER DEFAULT PRIVILEGES FOR ROLE owners IN SCHEMA app GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writer IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO reader WITH GRANT OPTION;

-- == default privileges of two
CREATE TABLE app.t (id int); ALTER DEFAULT PRIVILEGES FOR ROLE owners IN SCHEMA app GRANT UPDATE ON TABLES TO reader;
-- =>
CREATE TABLE app.t (id int); GRANT SELECT ON app.t TO reader; ALTER DEFAULT PRIVILEGES FOR ROLE owners IN SCHEMA app GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON TYPES TO writer;

-- == default privileges everywhere
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO writer;
ALTER DEFAULT PRIVILEGES FOR ROLE owners GRANT USAGE ON SEQUENCES TO writer;

-- == everyone's defaults revoked
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE owners REVOKE USAGE ON TYPES FROM PUBLIC; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- == new table with grants
GRANT USAGE ON SCHEMA app TO reader;
-- =>
GRANT USAGE ON SCHEMA app TO reader; CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY, a text); GRANT SELECT, UPDATE ON app.t TO reader;
GRANT INSERT (a) ON app.t TO writer; CREATE TABLE app.u (id serial); GRANT ALL ON app.u TO writer WITH GRANT OPTION;

-- == table dropped with its grants
CREATE TABLE app.t (id int); GRANT SELECT ON app.t TO reader; CREATE TABLE app.u (id int); GRANT SELECT ON app.u TO reader;
-- =>
CREATE TABLE app.u (id int); GRANT SELECT ON app.u TO reader;

-- == handed on
CREATE TABLE app.t (id int); GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT ON app.t TO reader WITH GRANT OPTION;
-- =>
CREATE TABLE app.t (id int); GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT ON app.t TO reader WITH GRANT OPTION;
GRANT USAGE ON SCHEMA app TO writer; SET ROLE reader; GRANT SELECT ON app.t TO writer; RESET ROLE;

-- == handed on in a new table
SELECT 1;
-- =>
CREATE TABLE app.t (id int); GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT ON app.t TO reader WITH GRANT OPTION;
GRANT UPDATE ON app.t TO writer; SET ROLE reader; GRANT SELECT ON app.t TO writer; RESET ROLE;

-- == owned by another
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); ALTER TABLE app.t OWNER TO owners; CREATE TABLE app.u (id int); GRANT SELECT ON app.t, app.u TO reader;
GRANT INSERT ON app.u TO owners;

-- == schema owned by another
SELECT 1;
-- =>
ALTER SCHEMA app OWNER TO owners; CREATE TABLE app.t (id int); ALTER TABLE app.t OWNER TO owners; GRANT SELECT ON app.t TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE owners IN SCHEMA app GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; GRANT USAGE ON SCHEMA app TO reader;

-- == the owner has lost some
-- undumped: no block can say that an owner has not all privileges on its own
CREATE TABLE app.t (id int); GRANT SELECT ON app.t TO reader;
-- =>
CREATE TABLE app.t (id int); ALTER TABLE app.t OWNER TO owners; REVOKE DELETE ON app.t FROM owners; GRANT UPDATE ON app.t TO reader;

-- == names that hurt
CREATE TABLE app."it's a ""Table""" ("a b" int, "SELECT" text);
-- =>
CREATE TABLE app."it's a ""Table""" ("a b" int, "SELECT" text); GRANT SELECT ON app."it's a ""Table""" TO "o'dd @ ""role";
GRANT UPDATE ("a b", "SELECT") ON app."it's a ""Table""" TO "o'dd @ ""role"; CREATE FUNCTION app."f (x)"("a b" text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION app."f (x)"(text[]) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app."f (x)"(text[]) TO "o'dd @ ""role";
ALTER DEFAULT PRIVILEGES FOR ROLE "o'dd @ ""role" IN SCHEMA app GRANT SELECT ON TABLES TO reader; CREATE SEQUENCE app."SEQ ü"; GRANT ALL ON SEQUENCE app."SEQ ü" TO "o'dd @ ""role";

-- == two roles alike
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); GRANT USAGE ON SCHEMA app TO reader, writer; GRANT SELECT, INSERT, UPDATE, DELETE ON app.t TO reader, writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO reader, writer;

-- == every privilege
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); GRANT ALL ON app.t TO reader; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON app.t TO writer;

-- == everyone may call what was there before the defaults were revoked
CREATE TABLE app.t (id int);
-- =>
CREATE TABLE app.t (id int); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE app.e AS ENUM ('a');
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

-- == privileges on views change as these are made anew
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v1 AS SELECT a, b FROM app.t; CREATE VIEW app.w1 AS SELECT a FROM app.v1; GRANT SELECT ON app.v1 TO reader; CREATE VIEW app.v2 AS SELECT a, b FROM app.t; GRANT SELECT, INSERT ON app.v2 TO reader, writer WITH GRANT OPTION;
CREATE VIEW app.v3 AS SELECT a, b, a + 1 AS c FROM app.t; GRANT SELECT (a, b) ON app.v3 TO reader; GRANT UPDATE (a), SELECT (c) ON app.v3 TO writer; CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t; GRANT SELECT ON app.m TO reader; GRANT SELECT (a) ON app.m TO "o'dd @ ""role"; CREATE VIEW app.v4 AS SELECT a, b FROM app.t; GRANT SELECT ON app.v4 TO reader;
CREATE VIEW app.v5 AS SELECT a, b FROM app.t; GRANT SELECT ON app.v5 TO reader; CREATE TABLE app.g (a int, b int GENERATED ALWAYS AS (a + 1) STORED); GRANT SELECT (a, b) ON app.g TO reader; CREATE VIEW app.v6 AS SELECT a, b FROM app.t; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v1 AS SELECT b FROM app.t; CREATE VIEW app.w1 AS SELECT b FROM app.v1; GRANT SELECT ON app.v1 TO reader, writer; GRANT INSERT ON app.v1 TO reader; CREATE VIEW app.v2 AS SELECT b FROM app.t; GRANT SELECT, INSERT ON app.v2 TO reader; GRANT SELECT ON app.v2 TO writer WITH GRANT OPTION;
CREATE VIEW app.v3 AS SELECT b, a, b + 1 AS d FROM app.t; GRANT SELECT (a, d) ON app.v3 TO reader; GRANT SELECT (d, b) ON app.v3 TO writer; CREATE MATERIALIZED VIEW app.m AS SELECT b FROM app.t; GRANT SELECT ON app.m TO writer; GRANT SELECT (b) ON app.m TO "o'dd @ ""role"; CREATE VIEW app.v4 AS SELECT b FROM app.t; GRANT SELECT ON app.v4 TO writer; ALTER VIEW app.v4 OWNER TO owners; GRANT SELECT ON app.t TO owners;
CREATE VIEW app.v7 AS SELECT b FROM app.t; GRANT SELECT ON app.v7 TO writer, reader; CREATE TABLE app.v5 (a int); GRANT SELECT ON app.v5 TO writer; GRANT SELECT (a) ON app.v5 TO reader; CREATE TABLE app.g (a int, b int NOT NULL DEFAULT 3); GRANT SELECT (b) ON app.g TO writer; GRANT SELECT (b), INSERT (b) ON app.g TO reader; CREATE VIEW app.v6 AS SELECT b FROM app.t; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT INSERT ON TABLES TO writer;

-- == privileges on functions and types change as these are made anew
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW app.v AS SELECT app.f(1); REVOKE ALL ON FUNCTION app.f FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f TO reader; CREATE FUNCTION app.g(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION app.g FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.g TO reader WITH GRANT OPTION;
CREATE AGGREGATE app.s(int) (SFUNC = int4pl, STYPE = int); REVOKE ALL ON FUNCTION app.s FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.s TO reader; CREATE DOMAIN app.d AS int; REVOKE ALL ON DOMAIN app.d FROM PUBLIC; GRANT USAGE ON DOMAIN app.d TO reader; CREATE TYPE app.r AS RANGE (subtype = int); REVOKE ALL ON TYPE app.r FROM PUBLIC; GRANT USAGE ON TYPE app.r TO reader;
-- =>
CREATE FUNCTION app.f(b int) RETURNS text LANGUAGE sql AS 'SELECT ''1'''; CREATE VIEW app.v AS SELECT app.f(1); GRANT EXECUTE ON FUNCTION app.f TO writer; REVOKE ALL ON FUNCTION app.f FROM PUBLIC; CREATE FUNCTION app.g(b int) RETURNS text LANGUAGE sql AS 'SELECT ''1'''; GRANT EXECUTE ON FUNCTION app.g TO reader;
CREATE AGGREGATE app.s(int) (SFUNC = int4_sum, STYPE = bigint); REVOKE ALL ON FUNCTION app.s FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.s TO writer; CREATE DOMAIN app.d AS text; REVOKE ALL ON DOMAIN app.d FROM PUBLIC; GRANT USAGE ON DOMAIN app.d TO writer; CREATE TYPE app.r AS RANGE (subtype = text); GRANT USAGE ON TYPE app.r TO writer;

-- == a role gets more and less
CREATE TABLE app.t (a int, b int); CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE app.e AS ENUM ('a');
GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT, INSERT ON app.t TO reader WITH GRANT OPTION; GRANT USAGE ON SEQUENCE app.s TO reader; GRANT UPDATE (a) ON app.t TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; GRANT SELECT ON app.t TO owners;
-- =>
CREATE TABLE app.t (a int, b int); CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE app.e AS ENUM ('a');
GRANT CREATE ON SCHEMA app TO reader; GRANT SELECT ON app.t TO reader; GRANT SELECT ON SEQUENCE app.s TO reader; GRANT UPDATE (b), SELECT (a) ON app.t TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO reader; GRANT EXECUTE ON FUNCTION app.f TO reader; REVOKE ALL ON FUNCTION app.f FROM PUBLIC; GRANT USAGE ON TYPE app.e TO writer; GRANT INSERT ON app.t TO owners;
-- == things pass to other owners, and the former ones may do something with them
CREATE TABLE app.t (a int, b int); ALTER TABLE app.t OWNER TO writer; CREATE TABLE app.u (a int, b int); ALTER TABLE app.u OWNER TO writer; CREATE SEQUENCE app.s; ALTER SEQUENCE app.s OWNER TO writer; CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION app.f(int) OWNER TO writer; REVOKE EXECUTE ON FUNCTION app.f(int) FROM PUBLIC; CREATE TYPE app.e AS ENUM ('a'); ALTER TYPE app.e OWNER TO writer; CREATE VIEW app.v AS SELECT a FROM app.u; ALTER VIEW app.v OWNER TO writer; GRANT SELECT ON app.t TO reader;
-- =>
CREATE TABLE app.t (a int, b int); ALTER TABLE app.t OWNER TO reader; GRANT SELECT ON app.t TO writer; CREATE TABLE app.u (a int, b int); ALTER TABLE app.u OWNER TO reader; GRANT SELECT (a), INSERT (b) ON app.u TO writer; CREATE SEQUENCE app.s; ALTER SEQUENCE app.s OWNER TO reader; GRANT USAGE ON SEQUENCE app.s TO writer WITH GRANT OPTION; CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION app.f(int) OWNER TO reader; REVOKE EXECUTE ON FUNCTION app.f(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f(int) TO writer; CREATE TYPE app.e AS ENUM ('a'); ALTER TYPE app.e OWNER TO reader; GRANT USAGE ON TYPE app.e TO writer; CREATE VIEW app.v AS SELECT b, a FROM app.u; ALTER VIEW app.v OWNER TO reader; GRANT SELECT ON app.v TO writer;
-- == default privileges go, and things come
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO reader;
-- =>
CREATE TABLE app.t (a serial); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- == default privileges come, and things go
CREATE TABLE app.t (a serial); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO reader;
