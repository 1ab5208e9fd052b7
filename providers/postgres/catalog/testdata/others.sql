-- Sequences, enums, functions, triggers; what nobody declared is listed by name; members of extensions are not seen.
-- want schema.app {"name": "app"}
-- want sequence.plain {"schema": "app", "name": "plain"}
-- want sequence.full {"schema": "app", "name": "full"}
-- want sequence.owned {"schema": "app", "name": "owned"}
-- want enum.level {"schema": "app", "name": "level"}
-- want function.touch {"schema": "app", "name": "touch", "sole": true}
-- want function.add {"schema": "app", "name": "add", "arguments": ["a integer", "b integer DEFAULT 1"], "sole": true}
-- want function.rows {"schema": "app", "name": "rows", "sole": true}
-- want table.t {"schema": "app", "name": "t"}
-- want trigger.a {"table": "app.t", "name": "a"}
-- want trigger.b {"table": "app.t", "name": "b"}
-- want trigger.c {"table": "app.t", "name": "c"}
-- want trigger.missing {"table": "app.t", "name": "missing"}
-- want table.missing {"schema": "app", "name": "missing"}
-- want table.nowhere {"schema": "nowhere", "name": "missing"}
CREATE SCHEMA app;
CREATE SEQUENCE app.plain;
CREATE SEQUENCE app.full AS integer INCREMENT -3 MINVALUE -50 MAXVALUE 70 START 60 CACHE 9 CYCLE;
CREATE TABLE app.t (id serial PRIMARY KEY, a text, n integer GENERATED ALWAYS AS IDENTITY);
CREATE SEQUENCE app.owned OWNED BY app.t.a;
COMMENT ON SEQUENCE app.owned IS 'owned';
CREATE TYPE app.level AS ENUM ('z', 'a', 'm');
ALTER TYPE app.level ADD VALUE 'b' BEFORE 'a';
COMMENT ON TYPE app.level IS 'levels';
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEW;
END;
$$;
CREATE FUNCTION app.add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER COST 5
  SET search_path = pg_catalog, app SET work_mem = '8MB' AS 'SELECT a + b';
COMMENT ON FUNCTION app.add(integer, integer) IS 'adds';
CREATE FUNCTION app.add(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION app.rows(INOUT x integer, OUT y app.level, VARIADIC z text[]) RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 7 AS 'BEGIN END';
CREATE TRIGGER a BEFORE INSERT OR UPDATE OF a, id ON app.t FOR EACH ROW WHEN (NEW.a IS NOT NULL) EXECUTE FUNCTION app.touch('x', 'y z');
CREATE TRIGGER b AFTER DELETE OR TRUNCATE ON app.t EXECUTE FUNCTION app.touch();
CREATE CONSTRAINT TRIGGER c AFTER UPDATE ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER undeclared AFTER UPDATE ON app.t REFERENCING OLD TABLE AS o NEW TABLE AS n EXECUTE FUNCTION app.touch();
ALTER TABLE app.t DISABLE TRIGGER b;
COMMENT ON TRIGGER a ON app.t IS 'a trigger';
CREATE TABLE app.other (id serial, b integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE app.parted (a integer) PARTITION BY LIST (a);
CREATE VIEW app.v AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW app.mv AS SELECT 1 AS one;
CREATE DOMAIN app.dom AS integer;
CREATE TYPE app.comp AS (a integer);
CREATE TYPE app.spread AS RANGE (subtype = integer);
CREATE PROCEDURE app.proc() LANGUAGE sql AS '';
CREATE AGGREGATE app.total(integer) (SFUNC = int4pl, STYPE = integer);
CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA app;
