-- Indexes: order, nulls, expressions, partial, INCLUDE, operator class, collation, method, parameters, an invalid one.
-- want table.t {"schema": "app", "name": "t"}
CREATE SCHEMA app;
CREATE TABLE app.t (id integer PRIMARY KEY, a text, b text COLLATE "C", c integer, d jsonb, "group" integer, e timestamptz,
  EXCLUDE USING btree (c WITH =));
CREATE INDEX i01 ON app.t (a);
CREATE UNIQUE INDEX i02 ON app.t (a, c DESC, e NULLS FIRST, id DESC NULLS LAST);
CREATE INDEX i03 ON app.t (lower(a), (a || ',' || b), ((d ->> 'x,)')));
CREATE INDEX i04 ON app.t (a text_pattern_ops, b COLLATE "POSIX" DESC, b);
CREATE INDEX i05 ON app.t USING gin (d jsonb_path_ops) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX i06 ON app.t USING hash (a);
CREATE INDEX i07 ON app.t (c) INCLUDE (a, "group") WHERE a IS NOT NULL AND c IN (1, 2);
CREATE UNIQUE INDEX i08 ON app.t (c) NULLS NOT DISTINCT;
CREATE INDEX i09 ON app.t ("group") WHERE a <> ' USING ( WHERE ';
CREATE INDEX i10 ON app.t USING brin (e) WITH (pages_per_range = 64);
CREATE INDEX "i 11 USING (""x"")" ON app.t (c) WITH (fillfactor = 70);
COMMENT ON INDEX app.i01 IS 'by a';
CREATE UNIQUE INDEX i12 ON app.t (c, a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.i12'::regclass;
