-- == an enum gets a comment and an owner
CREATE TYPE app.e AS ENUM ('a');
-- =>
CREATE TYPE app.e AS ENUM ('a'); COMMENT ON TYPE app.e IS 'it''s'; ALTER TYPE app.e OWNER TO owners;
-- == an enum without values gets some
CREATE TYPE app.e AS ENUM ();
-- =>
CREATE TYPE app.e AS ENUM ('b', 'a'); CREATE TABLE app.t (a app.e[], b app.e DEFAULT 'a' CHECK (b <> 'b'));
-- == a text becomes an enum
CREATE TABLE app.t (a text DEFAULT 'x'); INSERT INTO app.t VALUES ('y');
-- =>
CREATE TYPE app.e AS ENUM ('x', 'y'); CREATE TABLE app.t (a app.e DEFAULT 'x');
-- == an enum becomes a text and goes
CREATE TYPE app.e AS ENUM ('x', 'y'); CREATE TABLE app.t (a app.e DEFAULT 'x'); INSERT INTO app.t VALUES ('y');
-- =>
CREATE TABLE app.t (a text DEFAULT 'x');
-- == an enum value that an index and a view use at once
CREATE TYPE app.e AS ENUM ('a'); CREATE TABLE app.t (e app.e); INSERT INTO app.t VALUES ('a');
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE TABLE app.t (e app.e DEFAULT 'b'); CREATE INDEX i ON app.t (e) WHERE e = 'b'; CREATE VIEW app.v AS SELECT e FROM app.t WHERE e = 'b';
-- == a domain with all it can have
CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1);
-- =>
CREATE DOMAIN app.d AS varchar(20) COLLATE "C" DEFAULT 'x' NOT NULL CONSTRAINT short CHECK (length(VALUE) < 9) CONSTRAINT "not y" CHECK (VALUE <> 'y');
COMMENT ON DOMAIN app.d IS 'a domain'; COMMENT ON CONSTRAINT short ON DOMAIN app.d IS 'short'; ALTER DOMAIN app.d OWNER TO owners; CREATE TABLE app.t (a int, b app.d);
-- == a domain loses all it can have
CREATE DOMAIN app.d AS varchar(20) DEFAULT 'x' NOT NULL CONSTRAINT short CHECK (length(VALUE) < 9); COMMENT ON DOMAIN app.d IS 'a domain'; COMMENT ON CONSTRAINT short ON DOMAIN app.d IS 'short'; CREATE TABLE app.t (a app.d); INSERT INTO app.t VALUES ('a');
-- =>
CREATE DOMAIN app.d AS varchar(20); CREATE TABLE app.t (a app.d);
-- == a domain gets a default, not null and a check
CREATE DOMAIN app.d AS int; CREATE TABLE app.t (a app.d); INSERT INTO app.t VALUES (1);
-- =>
CREATE DOMAIN app.d AS int DEFAULT 4 NOT NULL CHECK (VALUE > 0); CREATE TABLE app.t (a app.d);
-- == a check of a domain changes
CREATE DOMAIN app.d AS int CONSTRAINT x CHECK (VALUE > 0); CREATE TABLE app.t (a app.d); INSERT INTO app.t VALUES (1);
-- =>
CREATE DOMAIN app.d AS int CONSTRAINT x CHECK (VALUE >= 0); ALTER DOMAIN app.d ADD CONSTRAINT y CHECK (VALUE < 0) NOT VALID; COMMENT ON CONSTRAINT y ON DOMAIN app.d IS 'not yet'; CREATE TABLE app.t (a app.d);
-- == a check of a domain becomes valid
CREATE DOMAIN app.d AS int; ALTER DOMAIN app.d ADD CONSTRAINT y CHECK (VALUE > 0) NOT VALID; CREATE TABLE app.t (a app.d); INSERT INTO app.t VALUES (1);
-- =>
CREATE DOMAIN app.d AS int CONSTRAINT y CHECK (VALUE > 0); CREATE TABLE app.t (a app.d);
-- == a domain of a domain of an array of enums
CREATE TABLE app.t (a int);
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE DOMAIN app.z AS app.e[] DEFAULT '{a}'; CREATE DOMAIN app.a AS app.z CHECK (cardinality(VALUE) > 0); CREATE TABLE app.t (a int, b app.a, c app.a[]);
-- == a domain checks by a function of the schema
CREATE TABLE app.t (a int);
-- =>
CREATE FUNCTION app.ok(text) RETURNS bool IMMUTABLE LANGUAGE sql AS $$SELECT $1 <> ''$$; CREATE DOMAIN app.d AS text CHECK (app.ok(VALUE)); CREATE TABLE app.t (a int, b app.d);
-- == a domain that nobody uses gets another type
CREATE DOMAIN app.d AS int;
-- =>
CREATE DOMAIN app.d AS bigint;
-- == a column becomes of a domain
CREATE TABLE app.t (a text); INSERT INTO app.t VALUES ('x');
-- =>
CREATE DOMAIN app.d AS text CHECK (VALUE <> ''); CREATE TABLE app.t (a app.d);
-- == a domain goes with its column
CREATE DOMAIN app.d AS text CHECK (VALUE <> ''); CREATE TABLE app.t (a int, b app.d); INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a int);
-- == a composite type comes with all it can have
CREATE TABLE app.t (a int);
-- =>
CREATE TYPE app.e AS ENUM ('a'); CREATE TYPE app.c AS (a int, "B b" varchar(5) COLLATE "C", e app.e[], f numeric(10,2), g timestamp(3) with time zone);
COMMENT ON TYPE app.c IS 'c'; COMMENT ON COLUMN app.c."B b" IS 'b'; ALTER TYPE app.c OWNER TO owners; CREATE TYPE app.outer AS (c app.c, d app.c[]); CREATE TABLE app.t (a int, c app.outer);
-- == attributes of a composite type come, change and go
CREATE TYPE app.c AS (a int, b text, c varchar(5)); COMMENT ON COLUMN app.c.a IS 'a'; COMMENT ON TYPE app.c IS 'c';
-- =>
CREATE TYPE app.c AS (a bigint, c varchar(9), d date); COMMENT ON COLUMN app.c.d IS 'd';
-- == a composite type that a column uses gets an attribute
CREATE TYPE app.c AS (a int); CREATE TABLE app.t (c app.c); INSERT INTO app.t VALUES (ROW(1));
-- =>
CREATE TYPE app.c AS (a int, b text); CREATE TABLE app.t (c app.c);
-- == a composite type goes
CREATE TYPE app.c AS (a int); CREATE FUNCTION app.f(app.c) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- == a range type with all it can have
CREATE TABLE app.t (a int);
-- =>
CREATE FUNCTION app.diff(a time, b time) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT EXTRACT(EPOCH FROM (a - b))'; CREATE TYPE app.timerange AS RANGE (subtype = time, subtype_diff = app.diff, multirange_type_name = app.times);
CREATE TYPE app.textrange AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops); COMMENT ON TYPE app.timerange IS 'of a day'; ALTER TYPE app.timerange OWNER TO owners; CREATE TABLE app.t (a int, b app.timerange, c app.times);
-- == a range type changes
CREATE TYPE app.r AS RANGE (subtype = int4);
-- =>
CREATE TYPE app.r AS RANGE (subtype = int8); COMMENT ON TYPE app.r IS 'r';
-- == a range type gets a comment and loses it
CREATE TYPE app.r AS RANGE (subtype = int4); COMMENT ON TYPE app.r IS 'r'; CREATE TYPE app.q AS RANGE (subtype = int4); CREATE TABLE app.t (r app.r); INSERT INTO app.t VALUES ('[1,2]');
-- =>
CREATE TYPE app.r AS RANGE (subtype = int4); CREATE TYPE app.q AS RANGE (subtype = int4); COMMENT ON TYPE app.q IS 'q'; CREATE TABLE app.t (r app.r);
-- == a range of a domain
CREATE TABLE app.t (a int);
-- =>
CREATE DOMAIN app.d AS int; CREATE TYPE app.r AS RANGE (subtype = app.d); CREATE TABLE app.t (a int, r app.r);
-- == a range type goes
CREATE TYPE app.r AS RANGE (subtype = int4); CREATE TABLE app.t (a int, r app.r); INSERT INTO app.t VALUES (1, '[1,2]');
-- =>
CREATE TABLE app.t (a int);
-- == collations of all sorts
CREATE TABLE app.t (a text); INSERT INTO app.t VALUES ('x');
-- =>
CREATE COLLATION app.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE COLLATION app.de (provider = icu, locale = 'de-DE'); CREATE COLLATION app.c (provider = libc, locale = 'C'); CREATE COLLATION app."C 2" (lc_collate = 'C', lc_ctype = 'POSIX');
COMMENT ON COLLATION app.ci IS 'no case'; ALTER COLLATION app.de OWNER TO owners; CREATE TABLE app.t (a text, b text COLLATE app.ci, c text COLLATE app."C 2"); CREATE INDEX i ON app.t (c COLLATE app.de);
-- == a collation with rules
-- from: 16
CREATE TABLE app.t (a text);
-- =>
CREATE COLLATION app.r (provider = icu, locale = 'und', rules = '&a < g'); CREATE DOMAIN app.d AS text COLLATE app.r; CREATE TABLE app.t (a text);
-- == a builtin collation
-- from: 17
CREATE TABLE app.t (a text);
-- =>
CREATE COLLATION app.b (provider = builtin, locale = 'C.UTF-8'); CREATE TABLE app.t (a text, b text COLLATE app.b);
-- == a collation changes, and one gets a comment
CREATE COLLATION app.a (provider = icu, locale = 'de-DE'); CREATE COLLATION app.b (provider = icu, locale = 'de-DE'); CREATE TABLE app.t (b text COLLATE app.b); INSERT INTO app.t VALUES ('x');
-- =>
CREATE COLLATION app.a (provider = icu, locale = 'fr-FR'); CREATE COLLATION app.b (provider = icu, locale = 'de-DE'); COMMENT ON COLLATION app.b IS 'b'; CREATE TABLE app.t (b text COLLATE app.b);
-- == a collation goes
CREATE COLLATION app.a (provider = icu, locale = 'de-DE'); CREATE TABLE app.t (b text COLLATE app.a); INSERT INTO app.t VALUES ('x');
-- =>
CREATE TABLE app.t (b text);
-- == a sequence with every option
CREATE TABLE app.t (a int);
-- =>
CREATE SEQUENCE app.s AS smallint START 9 INCREMENT BY -3 MINVALUE -9 MAXVALUE 99 CACHE 4 CYCLE; COMMENT ON SEQUENCE app.s IS 's'; ALTER SEQUENCE app.s OWNER TO owners; CREATE TABLE app.t (a int);
-- == a sequence gets every option
CREATE SEQUENCE app.s;
-- =>
CREATE SEQUENCE app.s AS smallint START 9 INCREMENT BY 3 MINVALUE -9 MAXVALUE 99 CACHE 4 CYCLE; COMMENT ON SEQUENCE app.s IS 's'; ALTER SEQUENCE app.s OWNER TO owners;
-- == a sequence loses every option
CREATE SEQUENCE app.s AS smallint START 9 INCREMENT BY 3 MINVALUE -9 MAXVALUE 99 CACHE 4 CYCLE; COMMENT ON SEQUENCE app.s IS 's';
-- =>
CREATE SEQUENCE app.s;
-- == a sequence counts down, and then up
CREATE SEQUENCE app.a INCREMENT -1; CREATE SEQUENCE app.b AS bigint INCREMENT -2 MINVALUE -9;
-- =>
CREATE SEQUENCE app.a; CREATE SEQUENCE app.b AS integer INCREMENT -2;
-- == an unlogged sequence
CREATE SEQUENCE app.a; CREATE UNLOGGED SEQUENCE app.b;
-- =>
CREATE UNLOGGED SEQUENCE app.a; CREATE SEQUENCE app.b; CREATE UNLOGGED SEQUENCE app.c;
-- == a sequence goes to another column
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int, b int); ALTER SEQUENCE app.s OWNED BY app.t.a; CREATE TABLE app.u (c int);
-- =>
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int, b int); CREATE TABLE app.u (c int DEFAULT nextval('app.s')); ALTER SEQUENCE app.s OWNED BY app.u.c;

-- == domains inside of other values get checks and refuse nulls
-- blocked: column a1 of table app.t is of a type with the domain in it
-- blocked: column a2 of table app.t is of a type with the domain in it
-- blocked: column a3 of table app.t is of a type with the domain in it
-- blocked: column a4 of table app.u is of a type with the domain in it
CREATE DOMAIN app.d1 AS integer; CREATE DOMAIN app.ds AS app.d1[]; CREATE DOMAIN app.d2 AS integer; CREATE TYPE app.c AS (x app.d2); CREATE DOMAIN app.d3 AS integer; CREATE TYPE app.r AS RANGE (subtype = app.d3); CREATE DOMAIN app.d4 AS integer; CREATE TABLE app.v (a app.d4); CREATE TABLE app.t (a1 app.ds, a2 app.c[], a3 app.r); CREATE TABLE app.u (a4 app.v);
-- =>
CREATE DOMAIN app.d1 AS integer CHECK (VALUE > 0); CREATE DOMAIN app.ds AS app.d1[]; CREATE DOMAIN app.d2 AS integer NOT NULL; CREATE TYPE app.c AS (x app.d2); CREATE DOMAIN app.d3 AS integer CHECK (VALUE > 0); CREATE TYPE app.r AS RANGE (subtype = app.d3); CREATE DOMAIN app.d4 AS integer CHECK (VALUE > 0); CREATE TABLE app.v (a app.d4); CREATE TABLE app.t (a1 app.ds, a2 app.c[], a3 app.r); CREATE TABLE app.u (a4 app.v);

-- == a domain on a domain gets a check, which looks at the values of both
CREATE DOMAIN app.d AS integer; CREATE DOMAIN app.e AS app.d CHECK (VALUE < 9); CREATE TABLE app.t (a app.d, b app.e); INSERT INTO app.t VALUES (1, 2);
-- =>
CREATE DOMAIN app.d AS integer CHECK (VALUE > 0); CREATE DOMAIN app.e AS app.d CHECK (VALUE < 8); CREATE TABLE app.t (a app.d, b app.e);

-- == a domain in an array gets a check that is not valid
CREATE DOMAIN app.d AS integer; CREATE TABLE app.t (a app.d[]); INSERT INTO app.t VALUES ('{1}');
-- =>
CREATE DOMAIN app.d AS integer; ALTER DOMAIN app.d ADD CHECK (VALUE > 0) NOT VALID; CREATE TABLE app.t (a app.d[]);

-- == a partition holds a value that its enum gets
CREATE TYPE app.e AS ENUM ('a'); CREATE TABLE app.t (a int, k app.e) PARTITION BY RANGE (a); CREATE TABLE app.p PARTITION OF app.t DEFAULT PARTITION BY LIST (k);
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE TABLE app.t (a int, k app.e) PARTITION BY RANGE (a); CREATE TABLE app.p PARTITION OF app.t DEFAULT PARTITION BY LIST (k);
CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN ('b');

-- == a policy, a trigger, a rule and a function use a value that their enum gets
CREATE TYPE app.e AS ENUM ('a'); CREATE TABLE app.t (a int, k app.e); CREATE FUNCTION app.g() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE TABLE app.t (a int, k app.e); CREATE FUNCTION app.g() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE POLICY p ON app.t USING (k <> 'b'); CREATE TRIGGER g BEFORE INSERT ON app.t FOR EACH ROW WHEN (NEW.k = 'b') EXECUTE FUNCTION app.g();
CREATE RULE r AS ON DELETE TO app.t WHERE OLD.k = 'b' DO INSTEAD NOTHING; CREATE FUNCTION app.n() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.t WHERE k = 'b'; END;

-- == a view changes its columns, and uses a value that its enum gets
CREATE TYPE app.e AS ENUM ('a'); CREATE TABLE app.t (a int, k app.e); CREATE VIEW app.v AS SELECT a, k FROM app.t WHERE k = 'a';
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE TABLE app.t (a int, k app.e); CREATE VIEW app.v AS SELECT k FROM app.t WHERE k = 'b';
-- == an enum stays without values
CREATE TYPE app.e AS ENUM ();
-- =>
CREATE TYPE app.e AS ENUM (); COMMENT ON TYPE app.e IS 'none yet';
-- == an attribute goes that a view, a policy, a check, an index and a default read
CREATE TYPE app.c AS (x int, z int); CREATE TABLE app.t (a int DEFAULT (ROW(1, 3)::app.c).z, b int, CONSTRAINT k CHECK ((ROW(a, 3)::app.c).z > 0)); CREATE POLICY p ON app.t USING ((ROW(a, 3)::app.c).z > 0);
CREATE VIEW app.v AS SELECT (ROW(a, 3)::app.c).z FROM app.t; CREATE VIEW app.w AS SELECT (r.c).x FROM (SELECT NULL::app.c AS c) r; CREATE INDEX i ON app.t (((ROW(a, 3)::app.c).z));
INSERT INTO app.t VALUES (1);
-- =>
CREATE TYPE app.c AS (x int); CREATE TABLE app.t (a int DEFAULT (ROW(1)::app.c).x, b int, CONSTRAINT k CHECK ((ROW(a)::app.c).x > 0)); CREATE POLICY p ON app.t USING ((ROW(a)::app.c).x > 0);
CREATE VIEW app.v AS SELECT (ROW(a)::app.c).x AS z FROM app.t; CREATE VIEW app.w AS SELECT (r.c).x FROM (SELECT NULL::app.c AS c) r; CREATE INDEX i ON app.t (((ROW(a)::app.c).x));
-- == an attribute gets another type that a view reads
CREATE TYPE app.c AS (x int, y int); CREATE VIEW app.y AS SELECT (r.c).y FROM (SELECT NULL::app.c AS c) r;
-- =>
CREATE TYPE app.c AS (x int, y text); CREATE VIEW app.y AS SELECT (r.c).y FROM (SELECT NULL::app.c AS c) r;
-- == an attribute goes that nothing but what goes or changes reads
CREATE TYPE app.c AS (x int, y int); CREATE TABLE app.t (a int, CONSTRAINT k CHECK ((ROW(a, 2)::app.c).y > 0)); CREATE POLICY p ON app.t USING ((ROW(a, 2)::app.c).y > 0); CREATE VIEW app.v AS SELECT (ROW(a, 2)::app.c).y FROM app.t; CREATE INDEX i ON app.t (((ROW(a, 2)::app.c).y)); INSERT INTO app.t VALUES (1);
CREATE FUNCTION app.f(i int) RETURNS int LANGUAGE sql RETURN (ROW(i, 2)::app.c).y;
-- =>
CREATE TYPE app.c AS (x int); CREATE TABLE app.t (a int); CREATE FUNCTION app.f(i int) RETURNS int LANGUAGE sql RETURN i;
-- == types and a collation go on which an index of a table with rows is built
CREATE TYPE app.c AS (x int); CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; CREATE COLLATION app.l (provider = libc, locale = 'C'); CREATE TABLE app.t (a int, b text);
CREATE INDEX i ON app.t (((ROW(a)::app.c).x)); CREATE INDEX j ON app.t ((a::app.d)); CREATE INDEX k ON app.t (b COLLATE app.l); CREATE INDEX m ON app.t (a) WHERE 'a'::app.e < 'a'; INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a int, b text);
-- == types and a collation go on which an index of a table with rows was built
CREATE TYPE app.c AS (x int); CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; CREATE COLLATION app.l (provider = libc, locale = 'C'); CREATE TABLE app.t (a int, b text);
CREATE INDEX i ON app.t (((ROW(a)::app.c).x)); CREATE INDEX j ON app.t ((a::app.d)); CREATE INDEX k ON app.t (b COLLATE app.l); CREATE INDEX m ON app.t (a) WHERE 'a'::app.e < 'a'; INSERT INTO app.t VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a int, b text); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.t ((a + 1)); CREATE INDEX k ON app.t (b); CREATE INDEX m ON app.t (a) WHERE a > 0;
