-- == policies that look up a table that goes
CREATE TABLE app.u (a int, b int); CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a IN (SELECT u.a FROM app.u)); CREATE POLICY q ON app.t FOR INSERT WITH CHECK (EXISTS (SELECT FROM app.u WHERE u.b = t.a)); CREATE POLICY r ON app.t USING (a IN (SELECT u.b FROM app.u)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0); CREATE POLICY q ON app.t FOR INSERT WITH CHECK (a > 1);
-- == policies that look up columns that go, are renamed and retyped
CREATE TABLE app.u (a int, b int, c text, d int); CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1, 2, '3', 4);
CREATE POLICY p ON app.t USING (a IN (SELECT u.a FROM app.u)); CREATE POLICY q ON app.t USING (a IN (SELECT u.b FROM app.u)) WITH CHECK (a IN (SELECT u.d FROM app.u WHERE u.c = 'x')); COMMENT ON POLICY q ON app.t IS 'q'; CREATE POLICY r ON app.u USING (d IN (SELECT u.d FROM app.u));
-- =>
CREATE TABLE app.u (a bigint, c varchar(9), d int); CREATE TABLE app.t (a int);
CREATE POLICY p ON app.t USING (a IN (SELECT u.a FROM app.u)); CREATE POLICY q ON app.t USING (a IN (SELECT u.d FROM app.u)) WITH CHECK (a IN (SELECT u.d FROM app.u WHERE u.c = 'x')); COMMENT ON POLICY q ON app.t IS 'q'; CREATE POLICY r ON app.u USING (d IN (SELECT u.d FROM app.u));
-- == a policy looks up two tables whose columns change, and one that is new
CREATE TABLE app.u (a int); CREATE TABLE app.v (a int); CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a IN (SELECT u.a FROM app.u JOIN app.v ON u.a = v.a)); CREATE POLICY q ON app.t USING (a IN (SELECT u.a FROM app.u)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.u (a bigint); CREATE TABLE app.v (a text); CREATE TABLE app.t (a int); CREATE TABLE app.w (a bigint); CREATE POLICY p ON app.t USING (a IN (SELECT u.a FROM app.u JOIN app.v ON u.a::text = v.a)); CREATE POLICY q ON app.t USING (a IN (SELECT w.a FROM app.w));
-- == a policy looks up a view that is made anew
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.v WHERE v.a = 1)); CREATE POLICY q ON app.t USING (EXISTS (SELECT FROM app.v WHERE v.b = 1)); INSERT INTO app.t VALUES (1, 2);
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT b FROM app.t; CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.v WHERE v.b = 2)); CREATE POLICY q ON app.t USING (EXISTS (SELECT FROM app.v WHERE v.b = 1));
-- == a policy looks up a view that becomes a table
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.v WHERE v.a = 1)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.w (a int); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.w WHERE w.a = 1));
-- == a policy of a table that goes looks up another that goes
CREATE TABLE app.u (a int); CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a IN (SELECT u.a FROM app.u)); CREATE POLICY q ON app.u USING (a IN (SELECT t.a FROM app.t));
-- =>
CREATE TABLE app.w (x text, y date);
-- == a function that takes a row of a table goes with the table
CREATE TABLE app.u (a int); CREATE FUNCTION app.f(app.u) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.g() RETURNS SETOF app.u LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int);
-- == a function under a policy changes its result
CREATE FUNCTION app.f(a int) RETURNS bool STABLE LANGUAGE sql AS 'SELECT a > 0'; CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1);
CREATE POLICY p ON app.t USING (app.f(a)); CREATE POLICY q ON app.t FOR UPDATE TO reader USING (app.f(a)) WITH CHECK (app.f(a + 1)); COMMENT ON POLICY q ON app.t IS 'q'; CREATE POLICY r ON app.t USING (app.f(a)); CREATE POLICY s ON app.t USING (app.f(a));
-- =>
CREATE FUNCTION app.f(a int) RETURNS int STABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int);
CREATE POLICY p ON app.t USING (app.f(a) > 0); CREATE POLICY q ON app.t FOR UPDATE TO reader USING (app.f(a) > 0) WITH CHECK (app.f(a + 1) > 0); COMMENT ON POLICY q ON app.t IS 'q2'; CREATE POLICY r ON app.t USING (a > 0);
-- == a function under policies that stay gets another argument
CREATE FUNCTION app.f(a int) RETURNS bool STABLE LANGUAGE sql AS 'SELECT a > 0'; CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); INSERT INTO app.t VALUES (1); REVOKE ALL ON FUNCTION app.f FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f TO reader;
CREATE POLICY p ON app.t USING (app.f(a)); CREATE POLICY q ON app.u USING (a IN (SELECT t.a FROM app.t WHERE app.f(t.a)));
-- =>
CREATE FUNCTION app.f(a int, b int DEFAULT 2) RETURNS bool STABLE LANGUAGE sql AS 'SELECT a > b'; CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); REVOKE ALL ON FUNCTION app.f FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f TO reader;
CREATE POLICY p ON app.t USING (app.f(a)); CREATE POLICY q ON app.u USING (a IN (SELECT t.a FROM app.t WHERE app.f(t.a)));
-- == a function under all parts of a table changes its result
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a';
CREATE TABLE app.t (a int DEFAULT app.f(1), b int, c int GENERATED ALWAYS AS (app.f(b)) STORED, CONSTRAINT k CHECK (app.f(a) > 0), CONSTRAINT n CHECK (app.f(b) > 0) NO INHERIT, CONSTRAINT x EXCLUDE USING btree (app.f(a) WITH =)); CREATE INDEX i ON app.t (app.f(a)) WHERE b > 0; CREATE UNIQUE INDEX j ON app.t (b) WHERE app.f(b) > 0; CREATE STATISTICS app.s ON (app.f(a)), b FROM app.t; COMMENT ON INDEX app.i IS 'i'; COMMENT ON CONSTRAINT k ON app.t IS 'k';
INSERT INTO app.t VALUES (1, 2);
-- =>
CREATE FUNCTION app.f(a int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT a';
CREATE TABLE app.t (a int DEFAULT app.f(1), b int, c int GENERATED ALWAYS AS (app.f(b)) STORED, CONSTRAINT k CHECK (app.f(a) > 0), CONSTRAINT n CHECK (app.f(b) > 0) NO INHERIT, CONSTRAINT x EXCLUDE USING btree (app.f(a) WITH =)); CREATE INDEX i ON app.t (app.f(a)) WHERE b > 0; CREATE UNIQUE INDEX j ON app.t (b) WHERE app.f(b) > 0; CREATE STATISTICS app.s ON (app.f(a)), b FROM app.t; COMMENT ON INDEX app.i IS 'i'; COMMENT ON CONSTRAINT k ON app.t IS 'k';
-- == a function under parts of a table that change, go and are renamed with it
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a';
CREATE TABLE app.t (a int DEFAULT app.f(1), b int DEFAULT app.f(2), c int GENERATED ALWAYS AS (app.f(b)) STORED, CONSTRAINT k CHECK (app.f(a) > 0), CONSTRAINT l CHECK (app.f(b) > 0)); CREATE INDEX i ON app.t (app.f(a)); CREATE INDEX j ON app.t (app.f(b)); CREATE INDEX m ON app.t (app.f(a + b));
INSERT INTO app.t VALUES (1, 2);
-- =>
CREATE FUNCTION app.f(a text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
CREATE TABLE app.t (a int DEFAULT app.f('x'), b int, CONSTRAINT k CHECK (app.f(a::text) > 0)); CREATE INDEX i ON app.t (app.f(a::text)); CREATE INDEX j2 ON app.t (b); CREATE INDEX n ON app.t (app.f((a + b)::text));
-- == a function under a view, a function and a trigger changes its result
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.f(a) AS x FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t; CREATE INDEX mi ON app.m (app.f(a));
CREATE FUNCTION app.g(b int DEFAULT app.f(1)) RETURNS int LANGUAGE sql RETURN app.f(2); CREATE FUNCTION app.h() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER w BEFORE INSERT ON app.t FOR EACH ROW WHEN (app.f(NEW.a) > 0) EXECUTE FUNCTION app.h(); COMMENT ON TRIGGER w ON app.t IS 'w'; CREATE PROCEDURE app.p() LANGUAGE sql BEGIN ATOMIC SELECT app.f(1); END; INSERT INTO app.t VALUES (1); REFRESH MATERIALIZED VIEW app.m;
-- =>
CREATE FUNCTION app.f(a int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.f(a) AS x FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t; CREATE INDEX mi ON app.m (app.f(a));
CREATE FUNCTION app.g(b int DEFAULT app.f(1)) RETURNS bigint LANGUAGE sql RETURN app.f(2); CREATE FUNCTION app.h() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER w BEFORE INSERT ON app.t FOR EACH ROW WHEN (app.f(NEW.a) > 0) EXECUTE FUNCTION app.h(); COMMENT ON TRIGGER w ON app.t IS 'w'; CREATE PROCEDURE app.p() LANGUAGE sql BEGIN ATOMIC SELECT app.f(1); END;
-- == a function under a domain changes its argument's name
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE DOMAIN app.d AS int DEFAULT app.f(1) CONSTRAINT k CHECK (app.f(VALUE) > 0) CONSTRAINT l CHECK (VALUE > 0); CREATE TABLE app.t (a app.d); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f(b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE DOMAIN app.d AS int DEFAULT app.f(1) CONSTRAINT k CHECK (app.f(VALUE) > 0) CONSTRAINT l CHECK (VALUE > 0); CREATE TABLE app.t (a app.d);
-- == a function under an aggregate changes its argument's name
CREATE FUNCTION app.f(a bigint, b int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'; CREATE AGGREGATE app.total(int) (SFUNC = app.f, STYPE = bigint); COMMENT ON AGGREGATE app.total(int) IS 'total'; CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.total(a) AS x FROM app.t; REVOKE ALL ON FUNCTION app.total(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.total(int) TO reader;
-- =>
CREATE FUNCTION app.f(x bigint, y int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'; CREATE AGGREGATE app.total(int) (SFUNC = app.f, STYPE = bigint); COMMENT ON AGGREGATE app.total(int) IS 'total'; CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.total(a) AS x FROM app.t; REVOKE ALL ON FUNCTION app.total(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.total(int) TO reader;
-- == an aggregate under a view gets another result
CREATE AGGREGATE app.total(int) (SFUNC = int4_sum, STYPE = bigint); CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.total(a) AS x FROM app.t; INSERT INTO app.t VALUES (1);
-- =>
CREATE AGGREGATE app.total(int) (SFUNC = int4_avg_accum, STYPE = bigint[], INITCOND = '{0,0}', FINALFUNC = int8_avg); CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.total(a) AS x FROM app.t;
-- == functions that call each other change their results under one check
CREATE FUNCTION app.z(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.a(a int DEFAULT app.z(1)) RETURNS int IMMUTABLE LANGUAGE sql RETURN app.z(a); CREATE TABLE app.t (a int, CONSTRAINT k CHECK (app.a(a) + app.z(a) > 0)); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.z(a int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.a(a int DEFAULT app.z(1)) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN app.z(a); CREATE TABLE app.t (a int, CONSTRAINT k CHECK (app.a(a) + app.z(a) > 0));
-- == a function under a generated column that others are built on
-- blocked: with the column would go index i
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (app.f(a)) STORED); CREATE INDEX i ON app.t (b);
-- =>
CREATE FUNCTION app.f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x'; CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (app.f(a)) STORED); CREATE INDEX i ON app.t (b);
-- == a function under a generated column that a view and a policy read
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (app.f(a)) STORED); CREATE VIEW app.v AS SELECT b FROM app.t; CREATE POLICY p ON app.t USING (b > 0); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x'; CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (app.f(a)) STORED); CREATE VIEW app.v AS SELECT b FROM app.t; CREATE POLICY p ON app.t USING (b > 0);
-- == a function under parts of partitioned and inherited tables
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int DEFAULT app.f(1), CONSTRAINT k CHECK (app.f(a) > 0)) PARTITION BY LIST (a); CREATE INDEX i ON app.t (app.f(a)); CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES IN (1); CREATE TABLE app.u (a int, CONSTRAINT k CHECK (app.f(a) > 0)); CREATE TABLE app.w () INHERITS (app.u); INSERT INTO app.t VALUES (1); INSERT INTO app.w VALUES (1);
-- =>
CREATE FUNCTION app.f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x'; CREATE TABLE app.t (a int DEFAULT app.f(1), CONSTRAINT k CHECK (app.f(a) > 0)) PARTITION BY LIST (a); CREATE INDEX i ON app.t (app.f(a)); CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES IN (1); CREATE TABLE app.u (a int, CONSTRAINT k CHECK (app.f(a) > 0)); CREATE TABLE app.w () INHERITS (app.u);
-- == a function goes from under an index and a default
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int DEFAULT app.f(1)); CREATE INDEX i ON app.t (app.f(a)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int DEFAULT 1); CREATE INDEX i ON app.t (abs(a));
-- == a function is made anew while policies on it go with their tables
CREATE FUNCTION app.f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (app.f(a) > 0); CREATE TABLE app.u (a int DEFAULT app.f(1), CONSTRAINT k CHECK (app.f(a) > 0));
-- =>
CREATE FUNCTION app.f(y int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.w (x text, z date);
-- == a function is made anew under a default that goes for a while and a table that comes
CREATE FUNCTION app.f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a int DEFAULT app.f(1)); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f(y int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.a (x text, z bigint DEFAULT app.f(2), CONSTRAINT k CHECK (app.f(3) > 0)); CREATE TABLE app.t (a int DEFAULT app.f(1));
-- == a policy leaves a view that goes for the table whose column changes
CREATE TABLE app.b (id int, n int); CREATE VIEW app.v AS SELECT id, n FROM app.b; CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.v)); INSERT INTO app.b VALUES (1, 2);
-- =>
CREATE TABLE app.b (id int, n bigint); CREATE POLICY p ON app.b USING (id IN (SELECT o.id FROM app.b o));
