-- Views, materialized views, rules, event triggers, and what depends on what.
-- want table.docs {"schema": "app", "name": "docs"}
-- want view.plain {"schema": "app", "name": "plain"}
-- want view.above {"schema": "app", "name": "above"}
-- want view.taken {"schema": "app", "name": "docs"}
-- want view.missing {"schema": "app", "name": "missing"}
-- want materialized_view.sums {"schema": "app", "name": "sums"}
-- want materialized_view.peculiar {"schema": "app", "name": "peculiar"}
-- want materialized_view.taken {"schema": "app", "name": "plain"}
-- want rule.twice {"table": "app.docs", "name": "Twice; \"x\""}
-- want rule.nothing {"table": "app.plain", "name": "nothing"}
-- want event_trigger.drops {"name": "drops"}
CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE TABLE app.docs (id integer, title text, kind text);
CREATE VIEW app.plain (n, t) WITH (security_barrier, check_option = cascaded) AS SELECT id, title FROM app.docs WHERE kind = 'a';
ALTER VIEW app.plain ALTER t SET DEFAULT 'none';
COMMENT ON VIEW app.plain IS 'Plain';
COMMENT ON COLUMN app.plain.t IS 'Text';
CREATE VIEW app.above WITH (security_invoker = off) AS SELECT p.n, p.t COLLATE "C" AS c FROM app.plain p;
CREATE MATERIALIZED VIEW app.sums WITH (fillfactor = 70) AS SELECT kind, count(*) FROM app.docs GROUP BY kind WITH NO DATA;
CREATE UNIQUE INDEX sums_kind ON app.sums (kind);
COMMENT ON INDEX app.sums_kind IS 'Key';
CREATE MATERIALIZED VIEW app.peculiar AS SELECT id, title FROM app.docs;
ALTER MATERIALIZED VIEW app.peculiar ALTER title SET STATISTICS 500;
CREATE RULE "Twice; ""x""" AS ON UPDATE TO app.docs WHERE NEW.id > 1 AND OLD.title <> '; DO WHERE '
  DO ALSO (INSERT INTO app.docs VALUES (NEW.id, ';'); DELETE FROM app.docs WHERE id = OLD.id);
CREATE RULE nothing AS ON DELETE TO app.plain DO INSTEAD NOTHING;
COMMENT ON RULE nothing ON app.plain IS 'Keeps';
CREATE RULE by_hand AS ON INSERT TO app.docs WHERE NEW.kind IS NULL DO INSTEAD NOTHING;
CREATE FUNCTION app.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER drops ON sql_drop WHEN TAG IN ('DROP VIEW', 'DROP TABLE') EXECUTE FUNCTION app.f();
ALTER EVENT TRIGGER drops DISABLE;
CREATE EVENT TRIGGER by_hand ON ddl_command_end WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION app.f();
CREATE FUNCTION other.atomic(n integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT p.n FROM app.plain p WHERE p.n = $1; END;
CREATE FUNCTION app.rows_of() RETURNS SETOF app.plain LANGUAGE sql AS 'SELECT n, t FROM app.plain';
REVOKE EXECUTE ON FUNCTION app.rows_of() FROM PUBLIC;
CREATE FUNCTION app.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE VIEW other.uses AS SELECT app.twice(n) AS n FROM app.above;
CREATE TABLE other.holds (p app.plain);
GRANT SELECT ON app.plain TO PUBLIC;
GRANT UPDATE (t) ON app.plain TO pg_read_all_data WITH GRANT OPTION;
