-- == tables come and go
CREATE TABLE app.old (a int); INSERT INTO app.old VALUES (1); CREATE TABLE app.same (a int); INSERT INTO app.same VALUES (1);
-- =>
CREATE TABLE app.new (a int); COMMENT ON TABLE app.new IS 'new'; CREATE TABLE app.same (a int);
-- == a schema comes and one goes
-- undumped: a schema that nobody declared is not seen
CREATE SCHEMA gone; CREATE TABLE gone.t (a int);
-- =>
CREATE SCHEMA come; COMMENT ON SCHEMA come IS 'it came'; CREATE TABLE come.t (a int);
-- == owners
CREATE TABLE app.t (a serial); CREATE SEQUENCE app.s; CREATE TYPE app.e AS ENUM ('a'); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE TABLE app.t (a serial); ALTER TABLE app.t OWNER TO owners; CREATE SEQUENCE app.s; ALTER SEQUENCE app.s OWNER TO owners; CREATE TYPE app.e AS ENUM ('a'); ALTER TYPE app.e OWNER TO owners;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION app.f() OWNER TO owners; ALTER SCHEMA app OWNER TO owners;
-- == sequences
CREATE SEQUENCE app.a; CREATE SEQUENCE app.b START 5 INCREMENT 2 MAXVALUE 100 CACHE 3 CYCLE; CREATE SEQUENCE app.gone; COMMENT ON SEQUENCE app.a IS 'x';
-- =>
CREATE SEQUENCE app.a AS integer START 7 INCREMENT -1 MINVALUE -50 MAXVALUE 10; CREATE SEQUENCE app.b; CREATE SEQUENCE app.c NO CYCLE CACHE 9; COMMENT ON SEQUENCE app.c IS 'c';
-- == a sequence that a column owns
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int, b int);
-- =>
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int DEFAULT nextval('app.s'), b int); ALTER SEQUENCE app.s OWNED BY app.t.b;
-- == a sequence that nobody owns any more
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int DEFAULT nextval('app.s'), b int); ALTER SEQUENCE app.s OWNED BY app.t.b;
-- =>
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int, b int);
-- == values of an enum
CREATE TYPE app.e AS ENUM ('b', 'd'); CREATE TABLE app.t (e app.e DEFAULT 'b'); INSERT INTO app.t VALUES ('b');
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b', 'c', 'd', 'it''s'); COMMENT ON TYPE app.e IS 'letters'; CREATE TABLE app.t (e app.e DEFAULT 'b');
-- == an enum loses a value
-- blocked: value
CREATE TYPE app.e AS ENUM ('a', 'b', 'c');
-- =>
CREATE TYPE app.e AS ENUM ('a', 'c');
-- == an enum comes and one goes
CREATE TYPE app.gone AS ENUM ('a'); CREATE TABLE app.t (e app.gone);
-- =>
CREATE TYPE app.come AS ENUM ('x', 'y'); CREATE TABLE app.t (a app.come[] DEFAULT '{x}');
-- == functions
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.gone() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
-- =>
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'SELECT a + 1'; COMMENT ON FUNCTION app.f(int) IS 'adds';
CREATE FUNCTION app.f(a text, VARIADIC b int[] DEFAULT '{1}') RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path TO pg_catalog, app SET work_mem TO '1MB' AS $$BEGIN RETURN NEXT a; END$$;
CREATE FUNCTION app.g(OUT x int, INOUT y text) LANGUAGE sql AS $$SELECT 1, y$$; CREATE FUNCTION app.h() RETURNS TABLE (a int, "b c" text) LANGUAGE sql AS $$SELECT 1, 'x'$$;
-- == a function returns something else
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- =>
CREATE FUNCTION app.f(b int) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
-- == a function that a default uses
CREATE TABLE app.t (id int);
-- =>
CREATE FUNCTION app.nextid() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (id int DEFAULT app.nextid(), CHECK (app.nextid() > 0));
-- == triggers
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE app.t (a int, b int);
CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TRIGGER gone AFTER DELETE ON app.t EXECUTE FUNCTION app.f();
-- =>
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE app.t (a int, b int);
CREATE TRIGGER x BEFORE INSERT OR UPDATE OF a, b ON app.t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION app.f('it''s', 'two');
CREATE CONSTRAINT TRIGGER c AFTER UPDATE ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.f();
CREATE TRIGGER s AFTER UPDATE ON app.t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION app.f(); ALTER TABLE app.t DISABLE TRIGGER s; COMMENT ON TRIGGER x ON app.t IS 'x';
-- == comments come and go
CREATE TABLE app.a (a int); COMMENT ON TABLE app.a IS 'a'; CREATE TABLE app.b (a int); COMMENT ON SCHEMA app IS 'old';
-- =>
CREATE TABLE app.a (a int); CREATE TABLE app.b (a int); COMMENT ON TABLE app.b IS 'b'; COMMENT ON SCHEMA app IS 'new';
