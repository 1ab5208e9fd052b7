-- How tables, columns, indexes and constraints are kept, exclusions, statistics, row security.
-- want schema.app {"name": "app"}
-- want table.t {"schema": "app", "name": "t"}
-- want table.plain {"schema": "app", "name": "plain"}
-- want table.odd {"schema": "app", "name": "odd"}
-- want sequence.q {"schema": "app", "name": "q"}
-- want policy.p {"table": "app.t", "name": "P \"1\""}
-- want policy.all {"table": "app.t", "name": "all"}
-- want policy.none {"table": "app.t", "name": "none"}
CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE TABLE app.plain (id int PRIMARY KEY);
CREATE UNLOGGED TABLE app.t (
  id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app."own name"),
  a text COMPRESSION pglz,
  b text,
  r int4range,
  CONSTRAINT t_pkey PRIMARY KEY (id) WITH (fillfactor = 70) DEFERRABLE,
  CONSTRAINT t_a UNIQUE (a),
  CONSTRAINT t_c CHECK (a <> ''),
  CONSTRAINT t_f FOREIGN KEY (id) REFERENCES app.plain,
  CONSTRAINT "t X" EXCLUDE USING gist (r WITH &&, (int4range(0, length(b))) WITH =) INCLUDE (id) WITH (fillfactor = 80) WHERE (a <> ' WHERE (') DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 60, toast.autovacuum_enabled = off);
ALTER TABLE app.t ALTER a SET STORAGE EXTERNAL, ALTER b SET STATISTICS 77, ALTER b SET (n_distinct = -0.5, n_distinct_inherited = 3);
CREATE INDEX t_i ON app.t (id, lower(a), upper(b));
ALTER INDEX app.t_i ALTER COLUMN 3 SET STATISTICS 0;
CREATE UNIQUE INDEX t_r ON app.t (id);
ALTER TABLE app.t REPLICA IDENTITY USING INDEX t_r;
ALTER TABLE app.t CLUSTER ON t_pkey;
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
COMMENT ON CONSTRAINT t_pkey ON app.t IS 'key';
COMMENT ON INDEX app.t_pkey IS 'key''s index';
COMMENT ON CONSTRAINT t_c ON app.t IS 'check';
COMMENT ON CONSTRAINT t_f ON app.t IS 'refers';
COMMENT ON CONSTRAINT "t X" ON app.t IS 'excludes';
CREATE STATISTICS app.t_s (mcv) ON b, a, lower(a) FROM app.t;
ALTER STATISTICS app.t_s SET STATISTICS 9;
COMMENT ON STATISTICS app.t_s IS 'together';
CREATE STATISTICS app.t_e ON (lower(b)) FROM app.t;
CREATE STATISTICS other.elsewhere ON a, b FROM app.t;
CREATE TABLE app.odd (id int NOT NULL);
CREATE UNIQUE INDEX odd_i ON app.odd (id);
ALTER TABLE app.odd REPLICA IDENTITY USING INDEX odd_i;
DROP INDEX app.odd_i;
ALTER TABLE app.odd FORCE ROW LEVEL SECURITY;
CREATE UNLOGGED SEQUENCE app.q;
CREATE POLICY "P ""1""" ON app.t AS RESTRICTIVE FOR INSERT TO postgres WITH CHECK (a IN (SELECT 'x' || p.id FROM app.plain p WHERE p.id = t.id));
CREATE POLICY "all" ON app.t USING (true);
CREATE POLICY none ON app.t FOR DELETE TO pg_monitor, PUBLIC;
CREATE POLICY undeclared ON app.plain USING (true);
CREATE TABLE app.nobodys (id int);
CREATE POLICY with_its_table ON app.nobodys USING (true);
COMMENT ON POLICY "all" ON app.t IS 'everybody';
