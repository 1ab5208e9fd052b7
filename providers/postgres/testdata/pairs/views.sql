-- == a view with all it can have
CREATE TABLE app.t (a int, b text); INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a int, b text); CREATE VIEW app.v ("A a", b) WITH (security_barrier, security_invoker = true) AS SELECT a, b FROM app.t WHERE a > 0 WITH CASCADED CHECK OPTION;
COMMENT ON VIEW app.v IS 'v'; COMMENT ON COLUMN app.v."A a" IS 'a'; ALTER VIEW app.v ALTER b SET DEFAULT 'it''s'; ALTER VIEW app.v OWNER TO owners;
-- == a view loses all it can have
CREATE TABLE app.t (a int, b text); CREATE VIEW app.v WITH (security_barrier, security_invoker = true) AS SELECT a, b FROM app.t WHERE a > 0 WITH CASCADED CHECK OPTION; COMMENT ON VIEW app.v IS 'v'; COMMENT ON COLUMN app.v.a IS 'a'; ALTER VIEW app.v ALTER b SET DEFAULT 'x';
-- =>
CREATE TABLE app.t (a int, b text); CREATE VIEW app.v AS SELECT a, b FROM app.t WHERE a > 0;
-- == a check option becomes local, and options false
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t WHERE a > 0 WITH CASCADED CHECK OPTION;
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t WHERE a > 0 WITH LOCAL CHECK OPTION;
-- == a view gets columns at its end
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a FROM app.t; COMMENT ON VIEW app.v IS 'v';
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b, 1 AS c FROM app.t; COMMENT ON VIEW app.v IS 'v'; COMMENT ON COLUMN app.v.c IS 'one';
-- == a view changes the types, names and order of its columns
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; CREATE VIEW app.w AS SELECT a FROM app.t; CREATE VIEW app.x AS SELECT a AS m FROM app.t;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT b, a FROM app.t; CREATE VIEW app.w AS SELECT a::text AS a FROM app.t; CREATE VIEW app.x AS SELECT a AS n FROM app.t;
-- == a chain of views when the lowest changes
CREATE TABLE app.t (a int, b int); CREATE VIEW app.z AS SELECT a, b FROM app.t; CREATE VIEW app.m AS SELECT a FROM app.z; CREATE VIEW app.a AS SELECT m.a FROM app.m JOIN app.z USING (a); COMMENT ON VIEW app.a IS 'a';
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.z AS SELECT a::bigint AS a FROM app.t; CREATE VIEW app.m AS SELECT a FROM app.z; CREATE VIEW app.a AS SELECT m.a FROM app.m JOIN app.z USING (a); COMMENT ON VIEW app.a IS 'a';
-- == a chain of views comes
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.z AS SELECT a FROM app.t; CREATE VIEW app.m AS SELECT a FROM app.z; CREATE MATERIALIZED VIEW app.b AS SELECT a FROM app.m; CREATE VIEW app.a AS SELECT a FROM app.b;
-- == a chain of views goes
CREATE TABLE app.t (a int); CREATE VIEW app.z AS SELECT a FROM app.t; CREATE VIEW app.m AS SELECT a FROM app.z; CREATE MATERIALIZED VIEW app.b AS SELECT a FROM app.m; CREATE VIEW app.a AS SELECT a FROM app.b; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int);
-- == SELECT * where a column comes
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT * FROM app.t; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT * FROM app.t;
-- == SELECT * where a column goes
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT * FROM app.t; INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT * FROM app.t;
-- == a column below a view changes its type
CREATE TABLE app.t (a int, b varchar(5)); CREATE VIEW app.v AS SELECT a, b FROM app.t WHERE a > 0; CREATE VIEW app.w AS SELECT a + 1 AS n FROM app.v; CREATE MATERIALIZED VIEW app.m AS SELECT b FROM app.v; CREATE INDEX mi ON app.m (b); COMMENT ON VIEW app.w IS 'w'; INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a bigint, b varchar(9)); CREATE VIEW app.v AS SELECT a, b FROM app.t WHERE a > 0; CREATE VIEW app.w AS SELECT a + 1 AS n FROM app.v; CREATE MATERIALIZED VIEW app.m AS SELECT b FROM app.v; CREATE INDEX mi ON app.m (b); COMMENT ON VIEW app.w IS 'w';
-- == a table below a view goes, and the view reads another
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE VIEW app.v AS SELECT a FROM app.t; INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.u (a int); CREATE VIEW app.v AS SELECT a FROM app.u;
-- == a table becomes a view, and a view a table
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE VIEW app.v AS SELECT a FROM app.u;
-- =>
CREATE TABLE app.u (a int); CREATE VIEW app.t AS SELECT a FROM app.u; CREATE TABLE app.v (a int);
-- == a view becomes a materialized one, and the other way
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE MATERIALIZED VIEW app.v AS SELECT a FROM app.t; CREATE VIEW app.m AS SELECT a FROM app.t;
-- == queries of every sort
CREATE TABLE app.t (a int, b text, c jsonb, d timestamptz);
-- =>
CREATE TABLE app.t (a int, b text, c jsonb, d timestamptz); CREATE VIEW app.a AS WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r; CREATE VIEW app.b AS VALUES (1, 'x'), (2, 'it''s');
CREATE VIEW app.c AS SELECT a, row_number() OVER (PARTITION BY b ORDER BY a DESC NULLS LAST) AS n, c ->> 'x' AS x, c #>> '{a,b}' AS y, date_trunc('day', d) AS z, CASE WHEN a = ANY (ARRAY[1,2]) THEN 'x' END AS w FROM app.t;
CREATE VIEW app.d AS SELECT DISTINCT ON (x.a) x.a, y.b FROM app.t x LEFT JOIN LATERAL (SELECT b FROM app.t WHERE a = x.a LIMIT 1) y ON true ORDER BY x.a, y.b; CREATE VIEW app.e AS SELECT a FROM app.t UNION (SELECT 1 EXCEPT SELECT 2) ORDER BY 1; CREATE VIEW app.f AS SELECT b, count(*) FILTER (WHERE a > 0) AS n, GROUPING(b) AS g FROM app.t GROUP BY ROLLUP (b) HAVING count(*) > 0;
CREATE VIEW app.g AS SELECT t FROM app.t; CREATE VIEW app.h AS SELECT a, b FROM app.t TABLESAMPLE bernoulli (10) WHERE b LIKE 'x%' AND d > now() - interval '1 day'; CREATE VIEW app.i AS SELECT x.v AS w, x.* FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS x (v, o);
-- == a view without columns, and one with an unnamed one
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT FROM app.t; CREATE VIEW app.w AS SELECT 1, NULL::text;
-- == a function reads a view's rows
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE FUNCTION app.f(x app.v) RETURNS SETOF app.v LANGUAGE sql AS 'SELECT x.*'; CREATE VIEW app.w AS SELECT f.a FROM app.v, app.f(v) f;
-- == a materialized view with all it can have
CREATE TABLE app.t (a int, b text); INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m ("A a", b) WITH (autovacuum_enabled = false, fillfactor = 70) AS SELECT a, b FROM app.t; CREATE UNIQUE INDEX mi ON app.m ("A a"); CREATE INDEX mj ON app.m (lower(b)) WHERE b <> '';
COMMENT ON MATERIALIZED VIEW app.m IS 'm'; COMMENT ON COLUMN app.m.b IS 'b'; COMMENT ON INDEX app.mi IS 'i'; ALTER MATERIALIZED VIEW app.m OWNER TO owners;
-- == a materialized view loses all it can have
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m WITH (fillfactor = 70) AS SELECT a, b FROM app.t; CREATE UNIQUE INDEX mi ON app.m (a); COMMENT ON MATERIALIZED VIEW app.m IS 'm'; COMMENT ON COLUMN app.m.b IS 'b'; COMMENT ON INDEX app.mi IS 'i';
-- =>
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t;
-- == indexes of a materialized view come, change and go
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t; CREATE INDEX i ON app.m (a); CREATE INDEX j ON app.m (b);
-- =>
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t; CREATE UNIQUE INDEX i ON app.m (a); CREATE INDEX k ON app.m USING hash (b);
-- == a materialized view reads otherwise and keeps its indexes
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t; CREATE UNIQUE INDEX i ON app.m (a); COMMENT ON MATERIALIZED VIEW app.m IS 'm'; CREATE VIEW app.v AS SELECT a FROM app.m;
-- =>
CREATE TABLE app.t (a int, b text); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t WHERE a > 0; CREATE UNIQUE INDEX i ON app.m (a); COMMENT ON MATERIALIZED VIEW app.m IS 'm'; CREATE VIEW app.v AS SELECT a FROM app.m;
-- == a materialized view with no data
CREATE TABLE app.t (a int); CREATE MATERIALIZED VIEW app.n AS SELECT a FROM app.t WITH NO DATA;
-- =>
CREATE TABLE app.t (a int); CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t WITH NO DATA; CREATE INDEX i ON app.m (a); CREATE MATERIALIZED VIEW app.n AS SELECT a FROM app.t;
-- == rules come
CREATE TABLE app.t (a int); CREATE TABLE app.log (a int); CREATE VIEW app.v AS SELECT a FROM app.t; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.log (a int); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE RULE a AS ON INSERT TO app.t WHERE NEW.a > 9 DO ALSO INSERT INTO app.log VALUES (NEW.a); CREATE RULE b AS ON DELETE TO app.t DO INSTEAD NOTHING;
CREATE RULE "C c" AS ON UPDATE TO app.v DO INSTEAD (UPDATE app.t SET a = NEW.a WHERE a = OLD.a; INSERT INTO app.log VALUES (OLD.a) RETURNING a); COMMENT ON RULE a ON app.t IS 'a'; ALTER TABLE app.t DISABLE RULE b;
-- == rules change and go
CREATE TABLE app.t (a int); CREATE RULE a AS ON INSERT TO app.t DO INSTEAD NOTHING; CREATE RULE b AS ON DELETE TO app.t DO INSTEAD NOTHING; COMMENT ON RULE a ON app.t IS 'a'; CREATE RULE c AS ON UPDATE TO app.t DO ALSO NOTHING; ALTER TABLE app.t DISABLE RULE c;
-- =>
CREATE TABLE app.t (a int); CREATE RULE a AS ON INSERT TO app.t WHERE NEW.a > 0 DO INSTEAD NOTHING; CREATE RULE c AS ON UPDATE TO app.t DO ALSO NOTHING; ALTER TABLE app.t ENABLE ALWAYS RULE c; COMMENT ON RULE c ON app.t IS 'c';
-- == a view with a rule is made anew
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; CREATE RULE r AS ON INSERT TO app.v DO INSTEAD INSERT INTO app.t VALUES (NEW.a); COMMENT ON RULE r ON app.v IS 'r';
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE RULE r AS ON INSERT TO app.v DO INSTEAD INSERT INTO app.t VALUES (NEW.a); COMMENT ON RULE r ON app.v IS 'r';
-- == a column that a rule reads changes
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE RULE r AS ON INSERT TO app.t DO ALSO INSERT INTO app.u VALUES (NEW.a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a bigint); CREATE TABLE app.u (a bigint); CREATE RULE r AS ON INSERT TO app.t DO ALSO INSERT INTO app.u VALUES (NEW.a);
-- == event triggers come
CREATE FUNCTION app.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
-- =>
CREATE FUNCTION app.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER a ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION app.f(); CREATE EVENT TRIGGER b ON sql_drop EXECUTE FUNCTION app.f(); CREATE EVENT TRIGGER "C c" ON table_rewrite EXECUTE FUNCTION app.f(); CREATE EVENT TRIGGER d ON ddl_command_start EXECUTE FUNCTION app.f();
COMMENT ON EVENT TRIGGER a IS 'a'; ALTER EVENT TRIGGER b DISABLE; ALTER EVENT TRIGGER d ENABLE ALWAYS; ALTER EVENT TRIGGER "C c" ENABLE REPLICA;
-- == a rule that notifies
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE RULE r AS ON UPDATE TO app.t DO ALSO NOTIFY changed;
-- == a view reads a column that the table of a function gets
CREATE FUNCTION app.f() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'; CREATE VIEW app.v AS SELECT f.a FROM app.f() f; CREATE TYPE app.c AS (x int); CREATE VIEW app.w AS SELECT (r.c).x FROM (SELECT ROW(1)::app.c AS c) r;
-- =>
CREATE FUNCTION app.f() RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2'; CREATE VIEW app.v AS SELECT f.a, f.b FROM app.f() f; CREATE TYPE app.c AS (x int, y int); CREATE VIEW app.w AS SELECT (r.c).x, (r.c).y FROM (SELECT ROW(1, 2)::app.c AS c) r;
-- == a view no more reads a column that the table of a function loses, nor an attribute that goes
CREATE FUNCTION app.f() RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2'; CREATE VIEW app.v AS SELECT f.a, f.b FROM app.f() f; CREATE TYPE app.c AS (x int, y int); CREATE VIEW app.w AS SELECT (r.c).x, (r.c).y FROM (SELECT ROW(1, 2)::app.c AS c) r;
-- =>
CREATE FUNCTION app.f() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'; CREATE VIEW app.v AS SELECT f.a FROM app.f() f; CREATE TYPE app.c AS (x int); CREATE VIEW app.w AS SELECT (r.c).x FROM (SELECT ROW(1)::app.c AS c) r;
