-- == two schemas that refer to each other
CREATE SCHEMA other; CREATE TABLE app.t (id int PRIMARY KEY); CREATE TABLE other.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1); INSERT INTO other.t VALUES (1);
-- =>
CREATE SCHEMA other; CREATE TYPE app.e AS ENUM ('a'); CREATE TYPE other.e AS ENUM ('b'); CREATE SEQUENCE other.s; CREATE TABLE app.t (id int PRIMARY KEY DEFAULT nextval('other.s'), e other.e DEFAULT 'b'); CREATE TABLE other.t (id int PRIMARY KEY, e app.e[], a int REFERENCES app.t); ALTER TABLE app.t ADD o int REFERENCES other.t;
CREATE FUNCTION other.f(app.e) RETURNS other.e IMMUTABLE LANGUAGE sql AS 'SELECT NULL::other.e'; CREATE VIEW app.v AS SELECT other.f('a') AS x, t.id FROM other.t; CREATE VIEW other.v AS SELECT id FROM app.v;
-- == types of two schemas are made of each other
CREATE SCHEMA other;
-- =>
CREATE SCHEMA other; CREATE DOMAIN other.z AS int; CREATE TYPE app.m AS (z other.z); CREATE DOMAIN other.a AS app.m; CREATE TYPE app.a AS (a other.a, b app.m[]); CREATE FUNCTION other.f(a app.a DEFAULT NULL, b other.a DEFAULT NULL) RETURNS SETOF app.m LANGUAGE sql AS 'SELECT NULL::app.m';
-- == triggers, rules and policies call another schema
CREATE SCHEMA other; CREATE TABLE app.t (a int); CREATE TABLE other.log (a int);
-- =>
CREATE SCHEMA other; CREATE TABLE app.t (a int); CREATE TABLE other.log (a int); CREATE FUNCTION other.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE FUNCTION other.ok(int) RETURNS bool STABLE LANGUAGE sql AS 'SELECT true'; CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION other.f();
CREATE RULE r AS ON DELETE TO app.t DO ALSO INSERT INTO other.log VALUES (OLD.a); CREATE POLICY p ON app.t USING (other.ok(a)); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
-- == the same names in two schemas
CREATE SCHEMA other; CREATE TABLE app.x (a int); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE SCHEMA other; CREATE TABLE app.x (a int); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE other.x (a int DEFAULT app.f()); CREATE FUNCTION other.f() RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE TYPE app.e AS ENUM ('a'); CREATE TYPE other.e AS ENUM ('a'); CREATE SEQUENCE app.s; CREATE SEQUENCE other.s;
CREATE DOMAIN app.d AS app.e; CREATE DOMAIN other.d AS other.e; CREATE VIEW app.v AS SELECT x.a, y.a AS b FROM app.x, other.x y; CREATE VIEW other.v AS SELECT a FROM app.v; CREATE COLLATION app.c (locale = 'C'); CREATE COLLATION other.c (locale = 'C'); CREATE INDEX i ON app.x (a); CREATE INDEX i ON other.x (a);
-- == comments go from each kind
CREATE TYPE app.e AS ENUM ('a'); COMMENT ON TYPE app.e IS 'x'; CREATE DOMAIN app.d AS int; COMMENT ON DOMAIN app.d IS 'x'; CREATE TYPE app.c AS (a int); COMMENT ON TYPE app.c IS 'x'; COMMENT ON COLUMN app.c.a IS 'x'; CREATE TYPE app.r AS RANGE (subtype = int4); COMMENT ON TYPE app.r IS 'x'; CREATE COLLATION app.co (locale = 'C'); COMMENT ON COLLATION app.co IS 'x'; CREATE SEQUENCE app.s; COMMENT ON SEQUENCE app.s IS 'x';
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'; COMMENT ON FUNCTION app.f IS 'x'; CREATE PROCEDURE app.p() LANGUAGE sql AS ''; COMMENT ON PROCEDURE app.p IS 'x'; CREATE TABLE app.t (a int); CREATE TRIGGER x AFTER INSERT ON app.t EXECUTE FUNCTION app.f(); COMMENT ON TRIGGER x ON app.t IS 'x'; CREATE VIEW app.v AS SELECT 1 AS a; COMMENT ON VIEW app.v IS 'x'; COMMENT ON COLUMN app.v.a IS 'x';
CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a; COMMENT ON MATERIALIZED VIEW app.m IS 'x'; CREATE RULE r AS ON INSERT TO app.t DO ALSO NOTHING; COMMENT ON RULE r ON app.t IS 'x'; CREATE POLICY p ON app.t; COMMENT ON POLICY p ON app.t IS 'x';
-- =>
CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; CREATE TYPE app.c AS (a int); CREATE TYPE app.r AS RANGE (subtype = int4); CREATE COLLATION app.co (locale = 'C'); CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE PROCEDURE app.p() LANGUAGE sql AS '';
CREATE TABLE app.t (a int); CREATE TRIGGER x AFTER INSERT ON app.t EXECUTE FUNCTION app.f(); CREATE VIEW app.v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a; CREATE RULE r AS ON INSERT TO app.t DO ALSO NOTHING; CREATE POLICY p ON app.t;
-- == comments change on each kind
CREATE TYPE app.e AS ENUM ('a'); COMMENT ON TYPE app.e IS 'x'; CREATE DOMAIN app.d AS int CONSTRAINT k CHECK (VALUE > 0); COMMENT ON CONSTRAINT k ON DOMAIN app.d IS 'x'; CREATE TYPE app.c AS (a int); COMMENT ON COLUMN app.c.a IS 'x'; CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION app.f IS 'x';
CREATE AGGREGATE app.g(int) (SFUNC = int4larger, STYPE = int4); COMMENT ON AGGREGATE app.g(int) IS 'x'; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a; CREATE INDEX i ON app.m (a); COMMENT ON INDEX app.i IS 'x'; COMMENT ON COLUMN app.m.a IS 'x';
-- =>
CREATE TYPE app.e AS ENUM ('a'); COMMENT ON TYPE app.e IS 'y'; CREATE DOMAIN app.d AS int CONSTRAINT k CHECK (VALUE > 0); COMMENT ON CONSTRAINT k ON DOMAIN app.d IS 'y'; CREATE TYPE app.c AS (a int); COMMENT ON COLUMN app.c.a IS 'y'; CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION app.f IS E'y\nz';
CREATE AGGREGATE app.g(int) (SFUNC = int4larger, STYPE = int4); COMMENT ON AGGREGATE app.g(int) IS 'y'; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a; CREATE INDEX i ON app.m (a); COMMENT ON INDEX app.i IS 'y'; COMMENT ON COLUMN app.m.a IS 'y';
-- == owners of each kind
CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; CREATE TYPE app.c AS (a int); CREATE TYPE app.r AS RANGE (subtype = int4); CREATE COLLATION app.co (locale = 'C'); CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.p() LANGUAGE sql AS '';
CREATE AGGREGATE app.g(int) (SFUNC = int4larger, STYPE = int4); CREATE VIEW app.v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a;
-- =>
CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; CREATE TYPE app.c AS (a int); CREATE TYPE app.r AS RANGE (subtype = int4); CREATE COLLATION app.co (locale = 'C'); CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.p() LANGUAGE sql AS '';
CREATE AGGREGATE app.g(int) (SFUNC = int4larger, STYPE = int4); CREATE VIEW app.v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a; ALTER TYPE app.e OWNER TO owners; ALTER DOMAIN app.d OWNER TO owners; ALTER TYPE app.c OWNER TO owners; ALTER TYPE app.r OWNER TO owners; ALTER COLLATION app.co OWNER TO owners; ALTER SEQUENCE app.s OWNER TO owners; ALTER FUNCTION app.f OWNER TO owners;
ALTER PROCEDURE app.p OWNER TO owners; ALTER AGGREGATE app.g(int) OWNER TO owners; ALTER VIEW app.v OWNER TO owners; ALTER MATERIALIZED VIEW app.m OWNER TO owners;
-- == names that hurt in types
CREATE TABLE app.t (a int);
-- =>
CREATE TYPE app."E ""e" AS ENUM ('a b', '${x}', E'\\'); CREATE DOMAIN app."D d" AS app."E ""e" CONSTRAINT "it's" CHECK (VALUE <> 'a b'); CREATE TYPE app."select" AS ("from" int, "a.b" app."D d", "Größe" text COLLATE "C"); CREATE TYPE app."R.r" AS RANGE (subtype = int4, multirange_type_name = app."M m"); CREATE COLLATION app."Ä" (locale = 'C');
CREATE SEQUENCE app."S; --" OWNED BY NONE; CREATE TABLE app.t (a int DEFAULT nextval('app."S; --"'), b app."D d"[], c app."select", d app."R.r", e text COLLATE app."Ä"); CREATE TYPE app."app.x" AS ENUM ('a'); CREATE TABLE app."app.x y" (a app."app.x");
-- == names that hurt in routines
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE TYPE app."E e" AS ENUM ('a'); CREATE FUNCTION app."F ""f(x)"("select" int, "A a" app."E e" DEFAULT 'a', OUT "o,o" int, OUT "p p" app."E e") LANGUAGE sql AS $$SELECT 1, 'a'::app."E e"$$; COMMENT ON FUNCTION app."F ""f(x)" IS '"';
CREATE FUNCTION app."group"("order" int, "${x}" text) RETURNS TABLE ("table" int, "Größe" text) LANGUAGE sql AS $$SELECT 1, 'x'$$; CREATE PROCEDURE app."P.p"("in" int) LANGUAGE sql AS ''; CREATE FUNCTION app."Add it"(int, int) RETURNS int LANGUAGE sql RETURN $1 + $2; CREATE AGGREGATE app."A; --"("x y" int) (SFUNC = app."Add it", STYPE = int);
-- == names that hurt in triggers, rules and views
CREATE TABLE app."T t" ("A a" int, "select" text);
-- =>
CREATE TABLE app."T t" ("A a" int, "select" text); CREATE FUNCTION app."F f"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; 
CREATE TRIGGER "X ""x" AFTER UPDATE OF "A a", "select" ON app."T t" FOR EACH ROW WHEN (NEW."A a" > 0) EXECUTE FUNCTION app."F f"(); CREATE TRIGGER "Y.y" AFTER UPDATE ON app."T t" REFERENCING NEW TABLE AS "select" EXECUTE FUNCTION app."F f"(); CREATE VIEW app."V.v" ("it's", "select") AS SELECT * FROM app."T t"; COMMENT ON COLUMN app."V.v"."it's" IS 'x'; ALTER VIEW app."V.v" ALTER "select" SET DEFAULT '${x}';
CREATE MATERIALIZED VIEW app."M m" AS SELECT "it's" FROM app."V.v"; CREATE INDEX "I ""i" ON app."M m" ("it's"); CREATE RULE "R ""r" AS ON INSERT TO app."T t" WHERE NEW."A a" > 0 DO INSTEAD NOTHING; CREATE POLICY "P p" ON app."T t" USING ("A a" > 0); COMMENT ON RULE "R ""r" ON app."T t" IS '''';
-- == a schema whose name hurts
CREATE SCHEMA "S ""s.t"; CREATE TABLE "S ""s.t"."T" (a int); INSERT INTO "S ""s.t"."T" VALUES (1);
-- =>
CREATE SCHEMA "S ""s.t"; COMMENT ON SCHEMA "S ""s.t" IS 's'; CREATE TYPE "S ""s.t".e AS ENUM ('a'); CREATE DOMAIN "S ""s.t".d AS "S ""s.t".e; CREATE FUNCTION "S ""s.t".f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE TABLE "S ""s.t"."T" (a int, b "S ""s.t".d[], c serial); CREATE TRIGGER x AFTER INSERT ON "S ""s.t"."T" EXECUTE FUNCTION "S ""s.t".f(); CREATE VIEW "S ""s.t".v AS SELECT a FROM "S ""s.t"."T"; CREATE INDEX i ON "S ""s.t"."T" (a); CREATE FUNCTION "S ""s.t".g(x "S ""s.t".e) RETURNS "S ""s.t".d LANGUAGE sql RETURN x; CREATE MATERIALIZED VIEW "S ""s.t".m AS SELECT a FROM "S ""s.t".v;
-- == names of 63 bytes in each kind
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE TYPE app.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee AS ENUM ('a'); CREATE FUNCTION app.fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa app.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW app.vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv AS SELECT 1 AS ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc; CREATE TYPE app.rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr AS RANGE (subtype = int4); CREATE SEQUENCE app.sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss;
