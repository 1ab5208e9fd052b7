-- == every option of a function comes
CREATE FUNCTION app.f(a int) RETURNS SETOF int LANGUAGE sql AS 'SELECT a';
-- =>
CREATE FUNCTION app.f(a int) RETURNS SETOF int LANGUAGE sql STABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 7 ROWS 33 SET search_path TO app, pg_temp SET statement_timeout TO '3s' SET "my.Setting" TO 'it''s' AS 'SELECT a';
COMMENT ON FUNCTION app.f IS 'f'; ALTER FUNCTION app.f OWNER TO owners;
-- == every option of a function goes
CREATE FUNCTION app.f(a int) RETURNS SETOF int LANGUAGE sql STABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 7 ROWS 33 SET search_path TO app, pg_temp SET statement_timeout TO '3s' AS 'SELECT a'; COMMENT ON FUNCTION app.f IS 'f';
-- =>
CREATE FUNCTION app.f(a int) RETURNS SETOF int LANGUAGE sql AS 'SELECT a';
-- == a setting of a function is empty or a list of odd names
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SET search_path TO '' AS 'SELECT 1'; CREATE FUNCTION app.g() RETURNS int LANGUAGE sql SET DateStyle TO 'ISO, DMY' SET TimeZone TO 'UTC' SET search_path TO "$user", "A b", 'c,d' AS 'SELECT 1';
-- == overloads come and go
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.f(a text) RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 0';
-- =>
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 11'; CREATE FUNCTION app.f(a bigint, b int) RETURNS int LANGUAGE sql AS 'SELECT 3'; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 0'; COMMENT ON FUNCTION app.f(bigint, int) IS 'two'; CREATE FUNCTION app.f(a varchar[], b timestamptz) RETURNS int LANGUAGE sql AS 'SELECT 4';
-- == defaults and modes of arguments
CREATE FUNCTION app.f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a';
-- =>
CREATE FUNCTION app.f(a int, b int DEFAULT 3) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION app.g(IN a int, INOUT "B b" text DEFAULT 'it''s', OUT c numeric, VARIADIC d text[] DEFAULT '{}') LANGUAGE sql AS $$SELECT 'x', 1$$; CREATE FUNCTION app.h(int, text) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION app.i(a timestamptz DEFAULT now(), b text DEFAULT NULL, c int[] DEFAULT ARRAY[1, 2]) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.j(OUT a int) LANGUAGE sql AS 'SELECT 1';
-- == a default of an argument goes
CREATE FUNCTION app.f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a';
-- =>
CREATE FUNCTION app.f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- == an argument gets another name
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT $1'; CREATE TABLE app.t (a int DEFAULT app.f(1)); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f(b int) RETURNS int LANGUAGE sql AS 'SELECT $1'; CREATE TABLE app.t (a int DEFAULT app.f(1));
-- == bodies in the words of the standard
CREATE TABLE app.t (a int, b text); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql RETURN 1;
-- =>
CREATE TABLE app.t (a int, b text); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql RETURN 2; CREATE FUNCTION app.g(x int) RETURNS SETOF app.t LANGUAGE sql BEGIN ATOMIC SELECT * FROM app.t WHERE a = x; SELECT t.a, t.b FROM app.t; END;
CREATE FUNCTION app.h(x int) RETURNS void LANGUAGE sql BEGIN ATOMIC INSERT INTO app.t VALUES (x, 'it''s'); UPDATE app.t SET b = 'x' WHERE a = app.f(); END; CREATE FUNCTION app.a() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM app.g(1));
-- == a body of the standard becomes a text, and the other way
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql RETURN a + 1; CREATE FUNCTION app.g(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- =>
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.g(a int) RETURNS int LANGUAGE sql RETURN a + 1;
-- == a body of the standard reads a column that goes
CREATE TABLE app.t (a int, b text); CREATE FUNCTION app.f() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT b FROM app.t; END; INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a int, c text); CREATE FUNCTION app.f() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT c FROM app.t; END;
-- == a function used by a default changes its result
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a bigint DEFAULT app.f()); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a bigint DEFAULT app.f());
-- == a function used by a check changes its result
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a bigint DEFAULT app.f(), CONSTRAINT x CHECK (app.f() > 0)); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (a bigint DEFAULT app.f(), CONSTRAINT x CHECK (app.f() > 0));
-- == a function used by an index and a generated column changes its body
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (app.f(a)) STORED); CREATE INDEX i ON app.t (app.f(a)); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + 0'; CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (app.f(a)) STORED); CREATE INDEX i ON app.t (app.f(a));
-- == a function used by a view changes its result
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE VIEW app.v AS SELECT app.f(1) AS x;
-- =>
CREATE FUNCTION app.f(a int) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$; CREATE VIEW app.v AS SELECT app.f(1) AS x;
-- == a function used by a trigger changes its language and options
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE app.t (a int); CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f(); INSERT INTO app.t VALUES (1);
-- =>
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO app AS 'BEGIN RETURN NULL; END'; CREATE TABLE app.t (a int); CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f();
-- == functions that call each other
CREATE TABLE app.t (a int);
-- =>
CREATE FUNCTION app.z() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.a() RETURNS int LANGUAGE sql AS 'SELECT app.z()'; CREATE FUNCTION app.b(x int DEFAULT app.a()) RETURNS int LANGUAGE sql RETURN app.z() + x; CREATE TABLE app.t (a int DEFAULT app.b());
-- == arguments and results of types of the schema
CREATE TABLE app.t (a int);
-- =>
CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS text; CREATE TYPE app.c AS (a int); CREATE TYPE app.r AS RANGE (subtype = int4); CREATE TABLE app.t (a int);
CREATE FUNCTION app.f(a app.e, b app.d[], c app.c DEFAULT NULL, d app.t DEFAULT NULL) RETURNS app.r LANGUAGE sql AS 'SELECT NULL::app.r'; CREATE FUNCTION app.g(app.t) RETURNS SETOF app.e LANGUAGE sql AS 'SELECT NULL::app.e'; CREATE FUNCTION app.h() RETURNS TABLE (e app.e, "D d" app.d) LANGUAGE sql AS 'SELECT NULL::app.e, NULL::app.d';
-- == any types and types that long names stand for
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE FUNCTION app.f(a anyelement, b anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.g(a varchar, b timestamptz, c char, d "char", e bit varying, f time with time zone, g double precision, h interval) RETURNS varchar LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION app.h(a json, VARIADIC "any") RETURNS text LANGUAGE internal STABLE AS 'pg_typeof'; CREATE FUNCTION app.i() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
-- == a function becomes a procedure
CREATE FUNCTION app.g() RETURNS void LANGUAGE sql AS 'SELECT';
-- =>
CREATE PROCEDURE app.g() LANGUAGE sql AS 'SELECT';
-- == a function gives a table with one more column
CREATE FUNCTION app.f() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f() RETURNS TABLE (a int, b text) LANGUAGE sql AS $$SELECT 1, 'x'$$;
-- == bodies that hurt
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE FUNCTION app.f() RETURNS text LANGUAGE plpgsql AS $x$
DECLARE s text := '$$ it''s ${x} %{y} \n $body$ $sql$';
BEGIN
	RETURN s;   
END;
$x$; CREATE FUNCTION app.g() RETURNS text LANGUAGE sql AS E'SELECT \'SQL\'\n\n'; CREATE FUNCTION app.h() RETURNS text LANGUAGE sql AS E'\r\nSELECT ''\\ "x"''\r\n';
-- == a function with a support function
CREATE FUNCTION app.f(a text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';
-- =>
CREATE FUNCTION app.f(a text) RETURNS bool IMMUTABLE LANGUAGE sql SUPPORT pg_catalog.textlike_support AS 'SELECT true';
-- == a procedure with all it can have
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE PROCEDURE app.p(IN a int, INOUT b text DEFAULT 'x', VARIADIC c int[] DEFAULT '{}') LANGUAGE plpgsql SECURITY DEFINER SET search_path TO app SET work_mem TO '1MB' AS 'BEGIN b := a; END'; CREATE PROCEDURE app.q(OUT a int) LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
COMMENT ON PROCEDURE app.p IS 'p'; ALTER PROCEDURE app.p OWNER TO owners;
-- == a procedure changes its body, options and comment
CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.q() LANGUAGE sql SECURITY DEFINER SET work_mem TO '1MB' AS 'SELECT 1'; COMMENT ON PROCEDURE app.q IS 'q';
-- =>
CREATE PROCEDURE app.p(a int) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END'; COMMENT ON PROCEDURE app.p IS 'p'; CREATE PROCEDURE app.q() LANGUAGE sql AS 'SELECT 1';
-- == procedures are overloaded, change their arguments and go
CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.gone() LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.r(a int) LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.p(a text) LANGUAGE sql AS 'SELECT 2'; CREATE PROCEDURE app.r(b int, c int DEFAULT 4) LANGUAGE sql AS 'SELECT 1';
-- == an aggregate with all it can have
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE FUNCTION app.add(bigint, int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'; CREATE FUNCTION app.sub(bigint, int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 - $2'; CREATE FUNCTION app.both(bigint, bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'; CREATE FUNCTION app.fin(bigint, int) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';
CREATE AGGREGATE app.total(x int) (SFUNC = app.add, STYPE = bigint, SSPACE = 8, FINALFUNC = app.fin, FINALFUNC_EXTRA, FINALFUNC_MODIFY = SHAREABLE, COMBINEFUNC = app.both, INITCOND = '0', MSFUNC = app.add, MINVFUNC = app.sub, MSTYPE = bigint, MSSPACE = 9, MFINALFUNC = app.fin, MFINALFUNC_EXTRA, MFINALFUNC_MODIFY = READ_WRITE, MINITCOND = '1', PARALLEL = SAFE);
COMMENT ON AGGREGATE app.total(int) IS 'total'; ALTER AGGREGATE app.total(int) OWNER TO owners;
-- == aggregates of other sorts
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE AGGREGATE app.any_count(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); CREATE AGGREGATE app.top(int) (SFUNC = int4larger, STYPE = int4, SORTOP = >);
CREATE AGGREGATE app.pct(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA); CREATE AGGREGATE app.rk(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE app.avg2(int8) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg, COMBINEFUNC = int8_avg_combine, SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize, PARALLEL = RESTRICTED);
-- == an aggregate changes, and a view reads it
CREATE FUNCTION app.add(bigint, int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'; CREATE AGGREGATE app.total(int) (SFUNC = app.add, STYPE = bigint, INITCOND = '0'); CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.total(a) AS x FROM app.t;
-- =>
CREATE FUNCTION app.add(bigint, int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'; CREATE AGGREGATE app.total(int) (SFUNC = app.add, STYPE = bigint, INITCOND = '7', PARALLEL = SAFE); CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT app.total(a) AS x FROM app.t;
-- == an aggregate gets a comment, one loses it, and one goes
CREATE AGGREGATE app.a(int) (SFUNC = int4larger, STYPE = int4); CREATE AGGREGATE app.b(int) (SFUNC = int4larger, STYPE = int4); COMMENT ON AGGREGATE app.b(int) IS 'b'; CREATE AGGREGATE app.c(int) (SFUNC = int4larger, STYPE = int4);
-- =>
CREATE AGGREGATE app.a(int) (SFUNC = int4larger, STYPE = int4); COMMENT ON AGGREGATE app.a(int) IS 'a'; CREATE AGGREGATE app.b(int) (SFUNC = int4larger, STYPE = int4);
-- == arguments that have the names of their types
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f("integer" integer, "boolean" boolean, date date, "timestamp with time zone" timestamptz) RETURNS timestamp(0) LANGUAGE sql AS 'SELECT $4::timestamp';
