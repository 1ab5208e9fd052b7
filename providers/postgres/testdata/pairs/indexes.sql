-- == add indexes of all sorts
CREATE TABLE app.t (a int, b text, c jsonb, d int[], e tsvector, f int4range); INSERT INTO app.t VALUES (1, 'x', '{}', '{1}', 'a', '[1,2]');
-- =>
CREATE TABLE app.t (a int, b text, c jsonb, d int[], e tsvector, f int4range);
CREATE INDEX i1 ON app.t (a DESC NULLS LAST, b text_pattern_ops); CREATE INDEX i2 ON app.t (lower(b), (a + 1)); CREATE INDEX i3 ON app.t USING gin (c jsonb_path_ops);
CREATE INDEX i4 ON app.t USING gin (d); CREATE INDEX i5 ON app.t USING gist (f); CREATE INDEX i6 ON app.t USING brin (a) WITH (pages_per_range = 32);
CREATE INDEX i7 ON app.t USING hash (a); CREATE UNIQUE INDEX i8 ON app.t (a) INCLUDE (b) WHERE a > 0; CREATE UNIQUE INDEX i9 ON app.t (a) NULLS NOT DISTINCT;
CREATE INDEX i10 ON app.t (b COLLATE "C") WITH (fillfactor = 70); CREATE INDEX i11 ON app.t USING gin (e) WITH (fastupdate = off); CREATE INDEX i12 ON app.t USING spgist (b);
-- == drop indexes
CREATE TABLE app.t (a int); CREATE INDEX i1 ON app.t (a); CREATE UNIQUE INDEX i2 ON app.t (a);
-- =>
CREATE TABLE app.t (a int);
-- == change the keys of an index
CREATE TABLE app.t (a int, b int); CREATE INDEX i ON app.t (a); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX i ON app.t (b, a DESC);
-- == change the condition of an index
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a) WHERE a > 0; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a) WHERE a > 1 AND a IN (5, 6);
-- == change storage parameters of an index
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a) WITH (fillfactor = 50); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a) WITH (deduplicate_items = off, fillfactor = 80);
-- == an index becomes unique
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX i ON app.t (a);
-- == comments on indexes
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a); COMMENT ON INDEX app.i IS 'x'; CREATE INDEX j ON app.t (a);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.t (a); COMMENT ON INDEX app.j IS 'y';
-- == two indexes swap their names
CREATE TABLE app.t (a int, b int); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.t (b);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX j ON app.t (a); CREATE INDEX i ON app.t (b);
-- == an index takes the name of a table that goes
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX u ON app.t (a);
