-- == extensions come and are used
CREATE TABLE app.t (a text, b int); INSERT INTO app.t VALUES ('x', 1);
-- =>
CREATE EXTENSION citext SCHEMA app; CREATE EXTENSION pg_trgm SCHEMA app; CREATE EXTENSION btree_gist SCHEMA app; CREATE EXTENSION hstore SCHEMA app; CREATE EXTENSION "uuid-ossp" SCHEMA app; COMMENT ON EXTENSION citext IS 'no case';
CREATE TABLE app.t (a text, b int, c app.citext DEFAULT 'x', d app.hstore, e uuid DEFAULT app.uuid_generate_v4(), f int4range, EXCLUDE USING gist (b WITH =, f WITH &&)); CREATE INDEX i ON app.t USING gin (a app.gin_trgm_ops);
-- == an extension in a schema of its own
CREATE TABLE app.t (a text);
-- =>
CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE TABLE app.t (a text, b ext.citext UNIQUE, c ext.citext[]); CREATE FUNCTION app.f(x ext.citext) RETURNS ext.citext LANGUAGE sql RETURN x; CREATE DOMAIN app.d AS ext.citext CHECK (VALUE <> '');
-- == an extension moves to another schema
CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA app; CREATE TABLE app.t (a app.citext); INSERT INTO app.t VALUES ('x');
-- =>
CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE TABLE app.t (a ext.citext);
-- == an extension of another version
CREATE EXTENSION pg_trgm SCHEMA app VERSION '1.5';
-- =>
CREATE EXTENSION pg_trgm SCHEMA app VERSION '1.6';
-- == an extension that needs another
CREATE TABLE app.t (a text);
-- =>
CREATE EXTENSION cube SCHEMA app; CREATE EXTENSION earthdistance SCHEMA app; CREATE TABLE app.t (a text, b app.earth);
-- == an extension goes with the index that it was for, in a table with rows
CREATE EXTENSION pg_trgm SCHEMA app; CREATE TABLE app.t (a text); CREATE INDEX i ON app.t USING gin (a app.gin_trgm_ops); INSERT INTO app.t VALUES ('x');
-- =>
CREATE TABLE app.t (a text);
-- == extensions of which one needs the other
CREATE EXTENSION cube SCHEMA app; CREATE EXTENSION earthdistance SCHEMA app;
-- =>
CREATE TABLE app.t (a int);
-- == extensions that come in their order
CREATE TABLE app.t (a int);
-- =>
CREATE EXTENSION hstore SCHEMA app; CREATE EXTENSION cube SCHEMA app; CREATE EXTENSION earthdistance SCHEMA app; CREATE TABLE app.t (a int, e app.earth);
-- == extension that stays needs the one that goes
-- blocked: it cannot be dropped while something is built on it: extension earthdistance
CREATE EXTENSION cube SCHEMA app; CREATE SCHEMA other; CREATE EXTENSION earthdistance SCHEMA other;
-- =>
CREATE TABLE app.t (a int);
