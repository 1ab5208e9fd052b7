-- == a view becomes a materialized view
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t; GRANT SELECT ON app.v TO reader; CREATE VIEW app.w AS SELECT a FROM app.v; GRANT SELECT ON app.w TO writer; CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.v)); CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE RULE r AS ON INSERT TO app.v DO INSTEAD NOTHING; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE MATERIALIZED VIEW app.v AS SELECT a FROM app.t; GRANT SELECT ON app.v TO reader; CREATE VIEW app.w AS SELECT a FROM app.v; GRANT SELECT ON app.w TO writer; CREATE INDEX i ON app.v (a); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.v)); CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- == a materialized view becomes a view
CREATE TABLE app.t (a int); CREATE MATERIALIZED VIEW app.v AS SELECT a FROM app.t; CREATE UNIQUE INDEX i ON app.v (a); CREATE VIEW app.w AS SELECT a FROM app.v; CREATE MATERIALIZED VIEW app.x AS SELECT a FROM app.v;
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a + 1 AS a FROM app.t; CREATE MATERIALIZED VIEW app.w AS SELECT a FROM app.v; CREATE VIEW app.x AS SELECT a FROM app.v;
-- == a table becomes a view
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int PRIMARY KEY); CREATE VIEW app.w AS SELECT a FROM app.u; CREATE POLICY p ON app.u USING (a > 0); CREATE INDEX i ON app.u (a); CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON app.u FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TABLE app.k (a int REFERENCES app.u); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.u AS SELECT a FROM app.t; CREATE VIEW app.w AS SELECT a FROM app.u; CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g INSTEAD OF INSERT ON app.u FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TABLE app.k (a int);
-- == a view becomes a table
CREATE TABLE app.t (a int); CREATE VIEW app.u AS SELECT a FROM app.t; CREATE VIEW app.w AS SELECT a FROM app.u; CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g INSTEAD OF INSERT ON app.u FOR EACH ROW EXECUTE FUNCTION app.f();
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int PRIMARY KEY); CREATE VIEW app.w AS SELECT a FROM app.u; CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON app.u FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TABLE app.k (a int REFERENCES app.u);
-- == routines of one kind become those of another
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.g(a int) RETURNS bigint LANGUAGE sql AS 'SELECT a'; CREATE AGGREGATE app.h(int) (SFUNC = int4_sum, STYPE = bigint); CREATE VIEW app.v AS SELECT app.g(1) AS x; REVOKE ALL ON FUNCTION app.f FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f TO reader;
-- =>
CREATE PROCEDURE app.f(a int) LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.p(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE AGGREGATE app.g(int) (SFUNC = int4_sum, STYPE = bigint); CREATE FUNCTION app.h(a int) RETURNS bigint LANGUAGE sql AS 'SELECT a'; CREATE VIEW app.v AS SELECT app.g(1) AS x; REVOKE ALL ON PROCEDURE app.f FROM PUBLIC; GRANT EXECUTE ON PROCEDURE app.f TO reader;
-- == types of one kind become those of another
CREATE TYPE app.a AS ENUM ('x'); CREATE DOMAIN app.b AS text; CREATE TYPE app.c AS (a int); CREATE TYPE app.d AS RANGE (subtype = int4); CREATE TABLE app.t (a int);
-- =>
CREATE DOMAIN app.a AS text; CREATE TYPE app.b AS (a int); CREATE TYPE app.c AS RANGE (subtype = int4); CREATE TYPE app.d AS ENUM ('x'); CREATE TABLE app.t (a int);
-- == an enum that a column has becomes a domain
-- blocked: it cannot be dropped while something is built on it: column a of table app.t
CREATE TYPE app.a AS ENUM ('x'); CREATE TABLE app.t (a app.a);
-- =>
CREATE DOMAIN app.a AS text; CREATE TABLE app.t (a app.a);
-- == relations and types change places
CREATE TABLE app.a (x int); CREATE TYPE app.b AS (x int); CREATE SEQUENCE app.c; CREATE VIEW app.d AS SELECT 1 AS x; CREATE TYPE app.e AS ENUM ('x');
-- =>
CREATE TYPE app.a AS (x int); CREATE TABLE app.b (x int); CREATE VIEW app.c AS SELECT 1 AS x; CREATE SEQUENCE app.d; CREATE TABLE app.e (x int);
-- == an empty composite type
CREATE TYPE app.a AS (); CREATE TYPE app.b AS (x int); CREATE TYPE app.c AS ();
-- =>
CREATE TYPE app.a AS (); CREATE TYPE app.b AS (); CREATE TYPE app.c AS (x int); CREATE TYPE app.d AS (); CREATE TABLE app.t (a app.d);
