-- Types, collations, extensions, aggregates and procedures as they are; and by name what no kind is for.
--
-- want schema.app {"name": "app"}
-- want extension.citext {"schema": "elsewhere", "name": "citext"}
-- want domain.email {"schema": "app", "name": "email"}
-- want domain.not_a_domain {"schema": "app", "name": "pair"}
-- want domain.of_range {"schema": "app", "name": "floatmultirange"}
-- want composite_type.pair {"schema": "app", "name": "pair"}
-- want range_type.floats {"schema": "app", "name": "floatrange"}
-- want collation.ci {"schema": "app", "name": "Ci; x"}
-- want procedure.p {"schema": "app", "name": "p", "types": ["integer", "text"]}
-- want procedure.f {"schema": "app", "name": "f", "sole": true}
-- want function.other {"schema": "app", "name": "f", "types": ["text"]}
-- want aggregate.half {"schema": "app", "name": "half", "sole": true}
-- want aggregate.place {"schema": "app", "name": "place", "sole": true}
CREATE SCHEMA app;
CREATE EXTENSION citext WITH SCHEMA app VERSION '1.6';
CREATE EXTENSION dict_int WITH SCHEMA app;
CREATE COLLATION app."Ci; x" (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
CREATE DOMAIN app.email AS app.citext COLLATE app."Ci; x" DEFAULT 'x@y' NOT NULL CONSTRAINT at CHECK (VALUE ~ '@');
ALTER DOMAIN app.email ADD CONSTRAINT "Long; enough" CHECK (length(VALUE::text) > 3) NOT VALID;
COMMENT ON CONSTRAINT at ON DOMAIN app.email IS 'at';
CREATE TYPE app.pair AS (a app.email[], "B c" text COLLATE "C");
COMMENT ON COLUMN app.pair."B c" IS 'b';
CREATE TYPE app.floatrange AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE TYPE app.texts AS RANGE (SUBTYPE = text, SUBTYPE_OPCLASS = text_pattern_ops, COLLATION = "C", MULTIRANGE_TYPE_NAME = app.several);
CREATE TABLE app.t (p app.pair, e app.email, a int, b int);
CREATE PROCEDURE app.p(IN a int, INOUT b text DEFAULT 'x', VARIADIC c int[] DEFAULT '{}') LANGUAGE plpgsql SET search_path = app, pg_temp AS 'BEGIN END';
CREATE PROCEDURE app.p(IN a int, OUT x int, INOUT b text) LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT 1, 'x'; END;
CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION app.f(int) FROM PUBLIC;
CREATE AGGREGATE app.half(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE app.place(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal,
  FINALFUNC = rank_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = read_only, HYPOTHETICAL);
CREATE AGGREGATE app.undeclared(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
CREATE OPERATOR app.@@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR CLASS app.oc FOR TYPE int USING hash AS OPERATOR 1 =;
CREATE TEXT SEARCH CONFIGURATION app.tc (COPY = pg_catalog.simple);
CREATE TEXT SEARCH DICTIONARY app.td (TEMPLATE = pg_catalog.simple);
CREATE TEXT SEARCH PARSER app.tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE app.tt (LEXIZE = dsimple_lexize);
CREATE TYPE app.cast_able AS (a int, b int); CREATE CAST (app.cast_able AS text) WITH INOUT; CREATE CAST (text AS app.cast_able) WITH INOUT;
CREATE TABLE app.published (id int);
CREATE PUBLICATION a_few FOR TABLE app.published; CREATE PUBLICATION those FOR TABLES IN SCHEMA app; CREATE PUBLICATION everything FOR ALL TABLES;
CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far; CREATE SERVER unused FOREIGN DATA WRAPPER far; CREATE FOREIGN TABLE app.away (id int) SERVER there;
CREATE CONVERSION app.c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE STATISTICS app.st ON a, b FROM app.t;
CREATE TYPE app.shell;
