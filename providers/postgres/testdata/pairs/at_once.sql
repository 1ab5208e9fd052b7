-- == a schema whose name hurts
CREATE TABLE app.x (a int);
-- =>
CREATE SCHEMA "My ""Schema"" é"; CREATE TABLE "My ""Schema"" é"."T" (id serial PRIMARY KEY, e int); CREATE TABLE app.x (a int REFERENCES "My ""Schema"" é"."T");
CREATE FUNCTION "My ""Schema"" é"."Fn x"("Arg 1" int, "or" text DEFAULT 'it''s') RETURNS int LANGUAGE sql AS $$SELECT 1$$;
-- == everything changes in a schema whose name hurts
CREATE SCHEMA "My ""S"""; CREATE TABLE "My ""S"""."T t" (a int, b text, c int); CREATE POLICY p ON "My ""S"""."T t" USING (a > 0); INSERT INTO "My ""S"""."T t" VALUES (1, 'x', 1);
-- =>
CREATE SCHEMA "My ""S"""; CREATE TABLE "My ""S"""."T t" (a bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b text STORAGE EXTERNAL NOT NULL DEFAULT 'x', d serial, CHECK (b <> '')); CREATE POLICY p ON "My ""S"""."T t" USING (a > 0 AND b <> 'y');
CREATE INDEX "I i" ON "My ""S"""."T t" (lower(b)); CREATE STATISTICS "My ""S"""."S s" ON a, b FROM "My ""S"""."T t"; ALTER TABLE "My ""S"""."T t" REPLICA IDENTITY FULL, CLUSTER ON "I i"; COMMENT ON INDEX "My ""S"""."I i" IS 'x';
-- == everything of a table at once
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.t (a int, b text, c int, d varchar(5) DEFAULT 'x', CHECK (a > 0)); CREATE INDEX i ON app.t (b); CREATE UNIQUE INDEX u ON app.t (c); CREATE POLICY p ON app.t USING (a > 0);
INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 'x', 1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY, n int); CREATE TABLE app.t (a bigint PRIMARY KEY, b text COLLATE "C" NOT NULL, c int REFERENCES app.p ON DELETE CASCADE, d varchar(10) DEFAULT 'y', e timestamptz DEFAULT now(), CHECK (a > 0 AND b <> '')) WITH (fillfactor = 80);
CREATE INDEX i ON app.t (b, a); CREATE UNIQUE INDEX u ON app.t (c) INCLUDE (d); CREATE POLICY p ON app.t TO reader USING (a > 1); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; COMMENT ON TABLE app.t IS 'x';
-- == everything of a table goes
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE UNLOGGED TABLE app.t (a serial PRIMARY KEY, b text STORAGE EXTERNAL UNIQUE, c int GENERATED ALWAYS AS (1) STORED, r int4range, CHECK (b <> ''), EXCLUDE USING gist (r WITH &&)) WITH (fillfactor = 50);
CREATE INDEX i ON app.t (lower(b)); CREATE STATISTICS app.s ON a, b FROM app.t; ALTER TABLE app.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, CLUSTER ON i, REPLICA IDENTITY FULL; CREATE POLICY p ON app.t USING (a > 0); COMMENT ON TABLE app.t IS 'x';
INSERT INTO app.t (b) VALUES ('x');
-- =>
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.t (a int, b text, c int, r int4range);
-- == a column with everything on it gets another type
CREATE TABLE app.t (a int DEFAULT 1 NOT NULL CHECK (a > 0) UNIQUE, b int GENERATED ALWAYS AS (7) STORED, EXCLUDE (a WITH =)); CREATE INDEX i ON app.t ((a + 1)) WHERE a > 0; CREATE STATISTICS app.s ON a, b FROM app.t; CREATE POLICY p ON app.t USING (a > 0);
COMMENT ON COLUMN app.t.a IS 'x'; GRANT SELECT (a) ON app.t TO reader; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a numeric(10,2) DEFAULT 1 NOT NULL CHECK (a > 0) UNIQUE, b int GENERATED ALWAYS AS (7) STORED, EXCLUDE (a WITH =)); CREATE INDEX i ON app.t ((a + 1)) WHERE a > 0; CREATE STATISTICS app.s ON a, b FROM app.t; CREATE POLICY p ON app.t USING (a > 0);
COMMENT ON COLUMN app.t.a IS 'x'; GRANT SELECT (a) ON app.t TO reader;
-- == a column with everything on it goes
CREATE TABLE app.t (a int DEFAULT 1 NOT NULL CHECK (a > 0) UNIQUE, b int, EXCLUDE (a WITH =), CHECK (a > b)); CREATE INDEX i ON app.t (b, (a + 1)) WHERE a > 0; CREATE STATISTICS app.s ON a, b FROM app.t; CREATE POLICY p ON app.t USING (a > 0);
COMMENT ON COLUMN app.t.a IS 'x'; GRANT SELECT (a) ON app.t TO reader; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (b int);
-- == two columns swap their types
CREATE TABLE app.t (a int, b text); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.t (b text_pattern_ops); INSERT INTO app.t VALUES (1, '2');
-- =>
CREATE TABLE app.t (a text, b int); CREATE INDEX i ON app.t (a text_pattern_ops); CREATE INDEX j ON app.t (b);
-- == generated columns of a column that gets another type
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED, c int); CREATE INDEX i ON app.t (c); INSERT INTO app.t (a, c) VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 2) STORED, c bigint GENERATED ALWAYS AS IDENTITY, d text GENERATED ALWAYS AS (a::text || 'x') STORED NOT NULL);
-- == a generated column gets another type
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE INDEX i ON app.t (b); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b bigint GENERATED ALWAYS AS (a + 1) STORED); CREATE INDEX i ON app.t (b);
-- == a virtual column changes
-- from: 18
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL, c int GENERATED ALWAYS AS (a + 1) VIRTUAL, d int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 2) VIRTUAL, c int GENERATED ALWAYS AS (a + 1) STORED, d int GENERATED ALWAYS AS (a + 1) VIRTUAL);
-- == a nullable column becomes the primary key with an identity
CREATE TABLE app.t (a int, b int PRIMARY KEY); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b int);
-- == a column comes with a key, an index, a check and a foreign key
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.t (a int); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.t (a int, b int DEFAULT 1 NOT NULL UNIQUE CHECK (b > 0) REFERENCES app.p, c serial); CREATE INDEX ON app.t (b, c); ALTER TABLE app.t ADD PRIMARY KEY (c);
-- == an index changes hands
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.u (a); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE INDEX j ON app.t (a); CREATE INDEX i ON app.u (a);
-- == three indexes go round
CREATE TABLE app.t (a int, b int, c int); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.t (b); CREATE INDEX k ON app.t (c); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int, c int); CREATE INDEX j ON app.t (a); CREATE INDEX k ON app.t (b); CREATE INDEX i ON app.t (c);
-- == two empty tables of which each has the other's shape
CREATE TABLE app.t (a int PRIMARY KEY); CREATE TABLE app.u (b text UNIQUE);
-- =>
CREATE TABLE app.u (a int PRIMARY KEY); CREATE TABLE app.t (b text UNIQUE);
-- == indexes on columns that go, come and change
CREATE TABLE app.t (a int, b text, c int); CREATE INDEX i ON app.t (a); CREATE INDEX j ON app.t (b); CREATE INDEX k ON app.t (c) WHERE b IS NULL; INSERT INTO app.t VALUES (1, 'x', 1);
-- =>
CREATE TABLE app.t (b varchar(7), c bigint, d int); CREATE INDEX i ON app.t (d); CREATE INDEX j ON app.t (b); CREATE INDEX k ON app.t (c) WHERE b IS NOT NULL;
-- == defaults of all sorts
CREATE TABLE app.t (a int, b text, c jsonb, d timestamptz, e text[], f numeric, g interval, h boolean, i bytea, j uuid, k date);
-- =>
CREATE TABLE app.t (a int DEFAULT (1 + 2) * 3, b text DEFAULT upper('a' || 'b'), c jsonb DEFAULT '{"a": [1, 2]}', d timestamptz DEFAULT now() + interval '1 day', e text[] DEFAULT ARRAY['a', 'b'], f numeric DEFAULT 1.50, g interval DEFAULT '01:00', h boolean DEFAULT (NOT true), i bytea DEFAULT '\x00ff', j uuid DEFAULT '00000000-0000-0000-0000-000000000001', k date DEFAULT CURRENT_DATE);
-- == defaults of all sorts come with columns to rows
CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (id int, a int DEFAULT (1 + 2) * 3, b text DEFAULT upper('a' || 'b') NOT NULL, c jsonb DEFAULT '{"a": [1, 2]}' NOT NULL, d timestamptz DEFAULT now() + interval '1 day' NOT NULL, e text[] DEFAULT '{}' NOT NULL, f float DEFAULT random() NOT NULL, g timestamptz DEFAULT clock_timestamp(), h boolean DEFAULT false NOT NULL);
-- == columns of other objects' types
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE DOMAIN app.d AS int CHECK (VALUE > 0); CREATE TYPE app.c AS (x int, y text); CREATE TABLE app.t (a text DEFAULT 'a', b int, c app.e[]); INSERT INTO app.t VALUES ('a', 1);
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE DOMAIN app.d AS int CHECK (VALUE > 0); CREATE TYPE app.c AS (x int, y text); CREATE TABLE app.t (a app.e DEFAULT 'a', b app.d, c app.e[] DEFAULT '{a}', d app.c, f app.d[] NOT NULL DEFAULT '{}');
-- == a column of an enum becomes text and the enum goes
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE TABLE app.t (a app.e DEFAULT 'a' CHECK (a <> 'b')); CREATE INDEX i ON app.t (a); INSERT INTO app.t VALUES ('a');
-- =>
CREATE TABLE app.t (a text DEFAULT 'a' CHECK (a <> 'b')); CREATE INDEX i ON app.t (a);
-- == a generated column reads a column that is new
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (b int GENERATED ALWAYS AS ("C c" + 1) STORED, "C c" int);
-- == a generated column and the column that it reads go
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED, c int); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (c int);
-- == a generated column reads another column and the first goes
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED, c int); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (b int GENERATED ALWAYS AS (c + 1) STORED, c int);
