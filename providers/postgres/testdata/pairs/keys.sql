-- == a unique index that others refer to becomes a constraint
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX i ON app.t (a); CREATE TABLE app.r (t int REFERENCES app.t (a)); INSERT INTO app.t VALUES (1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT i UNIQUE); CREATE TABLE app.r (t int REFERENCES app.t (a));
-- == a key that others refer to gets another type on both sides
CREATE TABLE app.t (a int PRIMARY KEY); CREATE TABLE app.r (t int REFERENCES app.t); INSERT INTO app.t VALUES (1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a bigint PRIMARY KEY); CREATE TABLE app.r (t bigint REFERENCES app.t);
-- == a key that others refer to, deferrable at last
CREATE TABLE app.t (a int PRIMARY KEY, b int UNIQUE DEFERRABLE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, b int UNIQUE); CREATE TABLE app.r (t int REFERENCES app.t (b));
-- == deferrable keys of all sorts
CREATE TABLE app.t (a int PRIMARY KEY DEFERRABLE, b int UNIQUE DEFERRABLE INITIALLY DEFERRED, c int UNIQUE); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY, b int UNIQUE DEFERRABLE, c int UNIQUE DEFERRABLE INITIALLY DEFERRED);
-- == included columns of keys
CREATE TABLE app.t (a int, b int, c int, PRIMARY KEY (a) INCLUDE (b), UNIQUE (b) INCLUDE (c)); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int, b int, c int, PRIMARY KEY (a) INCLUDE (b, c), UNIQUE (b));
-- == an included column of a key gets another type
CREATE TABLE app.t (a int, b int, PRIMARY KEY (a) INCLUDE (b)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b text, PRIMARY KEY (a) INCLUDE (b));
-- == an included column of a key goes
CREATE TABLE app.t (a int, b int, PRIMARY KEY (a) INCLUDE (b)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY);
-- == nulls not distinct come and go
CREATE TABLE app.t (a int UNIQUE NULLS NOT DISTINCT, b int UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int UNIQUE, b int UNIQUE NULLS NOT DISTINCT);
-- == two unique constraints swap their names
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE, b int CONSTRAINT y UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE, b int CONSTRAINT x UNIQUE);
-- == a primary key and a unique constraint swap their names
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY, b int CONSTRAINT y UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y PRIMARY KEY, b int CONSTRAINT x UNIQUE);
-- == a primary key becomes a unique constraint and the other way
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY, b int CONSTRAINT y UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE, b int CONSTRAINT y PRIMARY KEY);
-- == a primary key takes the name of an index
CREATE TABLE app.t (a int NOT NULL, b int); CREATE INDEX x ON app.t (b); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY, b int);
-- == a unique index becomes the primary key
CREATE TABLE app.t (a int NOT NULL, b int); CREATE UNIQUE INDEX t_pkey ON app.t (a); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY, b int);
-- == comments on constraints
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE TABLE app.t (a int CONSTRAINT pk PRIMARY KEY, b int CONSTRAINT u UNIQUE, c int CONSTRAINT k CHECK (c > 0), d int CONSTRAINT f REFERENCES app.p, e int4range, CONSTRAINT x EXCLUDE USING gist (e WITH &&));
COMMENT ON CONSTRAINT u ON app.t IS 'old'; COMMENT ON CONSTRAINT k ON app.t IS 'old'; COMMENT ON CONSTRAINT f ON app.t IS 'old'; INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE TABLE app.t (a int CONSTRAINT pk PRIMARY KEY, b int CONSTRAINT u UNIQUE, c int CONSTRAINT k CHECK (c > 0), d int CONSTRAINT f REFERENCES app.p, e int4range, CONSTRAINT x EXCLUDE USING gist (e WITH &&));
COMMENT ON CONSTRAINT pk ON app.t IS 'it''s'; COMMENT ON CONSTRAINT k ON app.t IS 'new'; COMMENT ON CONSTRAINT f ON app.t IS E'a\nb'; COMMENT ON CONSTRAINT x ON app.t IS '💥'; COMMENT ON INDEX app.u IS 'of the index';
-- == commented constraints change
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE TABLE app.t (a int CONSTRAINT pk PRIMARY KEY, b int CONSTRAINT u UNIQUE, c int CONSTRAINT k CHECK (c > 0), d int CONSTRAINT f REFERENCES app.p);
COMMENT ON CONSTRAINT pk ON app.t IS 'a'; COMMENT ON CONSTRAINT u ON app.t IS 'b'; COMMENT ON CONSTRAINT k ON app.t IS 'c'; COMMENT ON CONSTRAINT f ON app.t IS 'd'; COMMENT ON INDEX app.pk IS 'e'; INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE TABLE app.t (a int, b int, c int CONSTRAINT k CHECK (c > -1), d int CONSTRAINT f REFERENCES app.p ON DELETE CASCADE, CONSTRAINT pk PRIMARY KEY (a) INCLUDE (b), CONSTRAINT u UNIQUE (b) INCLUDE (c));
COMMENT ON CONSTRAINT pk ON app.t IS 'a'; COMMENT ON CONSTRAINT u ON app.t IS 'b'; COMMENT ON CONSTRAINT k ON app.t IS 'c'; COMMENT ON CONSTRAINT f ON app.t IS 'd'; COMMENT ON INDEX app.pk IS 'e';
-- == commented constraints of columns that get another type
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE TABLE app.t (a int PRIMARY KEY, b int UNIQUE, c int CHECK (c > 0), d int REFERENCES app.p); CREATE INDEX i ON app.t (a, d);
COMMENT ON CONSTRAINT t_pkey ON app.t IS 'a'; COMMENT ON CONSTRAINT t_b_key ON app.t IS 'b'; COMMENT ON CONSTRAINT t_c_check ON app.t IS 'c'; COMMENT ON CONSTRAINT t_d_fkey ON app.t IS 'd'; COMMENT ON INDEX app.i IS 'e'; INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY);
CREATE TABLE app.t (a bigint PRIMARY KEY, b text UNIQUE, c bigint CHECK (c > 0), d bigint REFERENCES app.p); CREATE INDEX i ON app.t (a, d);
COMMENT ON CONSTRAINT t_pkey ON app.t IS 'a'; COMMENT ON CONSTRAINT t_b_key ON app.t IS 'b'; COMMENT ON CONSTRAINT t_c_check ON app.t IS 'c'; COMMENT ON CONSTRAINT t_d_fkey ON app.t IS 'd'; COMMENT ON INDEX app.i IS 'e';
-- == add exclusion constraints
CREATE TABLE app.t (a int, r tsrange, p point, c circle); INSERT INTO app.t VALUES (1, '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a int, r tsrange, p point, c circle, CONSTRAINT x EXCLUDE USING gist (r WITH &&), CONSTRAINT y EXCLUDE (a WITH =) INCLUDE (r) WHERE (a > 0), EXCLUDE USING gist (c WITH &&) WITH (fillfactor = 60) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "Z z" EXCLUDE USING hash (a WITH =), CONSTRAINT w EXCLUDE USING gist (tsrange(lower(r), upper(r)) WITH &&) DEFERRABLE);
-- == change exclusion constraints
CREATE TABLE app.t (a int, r tsrange, CONSTRAINT x EXCLUDE USING gist (r WITH &&), CONSTRAINT y EXCLUDE (a WITH =), CONSTRAINT z EXCLUDE (a WITH =) WHERE (a > 0)); INSERT INTO app.t VALUES (1, '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a int, r tsrange, CONSTRAINT x EXCLUDE USING gist (r WITH -|-), CONSTRAINT y EXCLUDE (a WITH =) DEFERRABLE, CONSTRAINT z EXCLUDE (a WITH =) WHERE (a > 1));
-- == drop exclusion constraints
CREATE TABLE app.t (a int, r tsrange, CONSTRAINT x EXCLUDE USING gist (r WITH &&)); INSERT INTO app.t VALUES (1, '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a int, r tsrange);
-- == an exclusion constraint of a column that gets another type
CREATE TABLE app.t (a int, r tsrange, CONSTRAINT x EXCLUDE (a WITH =) WHERE (a > 0)); COMMENT ON CONSTRAINT x ON app.t IS 'x'; INSERT INTO app.t VALUES (1, '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a bigint, r tsrange, CONSTRAINT x EXCLUDE (a WITH =) WHERE (a > 0)); COMMENT ON CONSTRAINT x ON app.t IS 'x';
-- == an exclusion constraint becomes unique
CREATE TABLE app.t (a int, CONSTRAINT x EXCLUDE (a WITH =)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, CONSTRAINT x UNIQUE (a));
-- == checks of many columns and none
CREATE TABLE app.t (a int, b int, c text[]); INSERT INTO app.t VALUES (1, 2);
-- =>
CREATE TABLE app.t (a int, b int, c text[], CHECK (a < b), CHECK (a > 0 OR b IS NULL AND cardinality(c) > 0), CHECK (true), CONSTRAINT j CHECK (c <@ ARRAY['a', 'b']::text[]), CONSTRAINT k CHECK (num_nonnulls(a, b) = 2));
-- == a check of a column that goes, and one that leaves it
CREATE TABLE app.t (a int, b int, CONSTRAINT x CHECK (a > 0), CONSTRAINT y CHECK (a < b)); INSERT INTO app.t VALUES (1, 2);
-- =>
CREATE TABLE app.t (b int, CONSTRAINT y CHECK (b > 0));
-- == checks swap their names
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0), CONSTRAINT y CHECK (a < 9)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, CONSTRAINT y CHECK (a > 0), CONSTRAINT x CHECK (a < 9));
-- == a check becomes one that is not valid
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); ALTER TABLE app.t ADD CONSTRAINT x CHECK (a > 0) NOT VALID;
-- == a check takes the name of a unique constraint
CREATE TABLE app.t (a int, CONSTRAINT x UNIQUE (a)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0));
-- == a foreign key takes the name of a check
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0)); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, CONSTRAINT x FOREIGN KEY (a) REFERENCES app.p);
-- == a check takes the name of a foreign key
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, CONSTRAINT x FOREIGN KEY (a) REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0));
-- == a temporal key
-- from: 18
CREATE TABLE app.t (a int4range, r tsrange); INSERT INTO app.t VALUES ('[1,2)', '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a int4range, r tsrange, PRIMARY KEY (a, r WITHOUT OVERLAPS));
-- == temporal keys change and go
-- from: 18
CREATE TABLE app.t (a int4range, r tsrange, PRIMARY KEY (a, r WITHOUT OVERLAPS)); CREATE TABLE app.u (a int4range, r tsrange, UNIQUE (a, r WITHOUT OVERLAPS)); INSERT INTO app.t VALUES ('[1,2)', '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a int4range, r tsrange, PRIMARY KEY (a, r)); CREATE TABLE app.u (a int4range, r tsrange);
-- == a temporal foreign key
-- from: 18
CREATE TABLE app.t (a int4range, r tsrange, UNIQUE (a, r WITHOUT OVERLAPS)); CREATE TABLE app.u (a int4range, r tsrange); INSERT INTO app.t VALUES ('[1,2)', '[2026-01-01,2026-01-02]'); INSERT INTO app.u VALUES ('[1,2)', '[2026-01-01,2026-01-02]');
-- =>
CREATE TABLE app.t (a int4range, r tsrange, UNIQUE (a, r WITHOUT OVERLAPS)); CREATE TABLE app.u (a int4range, r tsrange, FOREIGN KEY (a, PERIOD r) REFERENCES app.t (a, PERIOD r));
-- == a temporal primary key that is referred to goes
-- from: 18
CREATE TABLE app.t (a int4range, r tsrange, PRIMARY KEY (a, r WITHOUT OVERLAPS)); CREATE TABLE app.u (a int4range, r tsrange, FOREIGN KEY (a, PERIOD r) REFERENCES app.t);
-- =>
CREATE TABLE app.t (a int4range NOT NULL, r tsrange NOT NULL); CREATE TABLE app.u (a int4range, r tsrange);
-- == constraints that nobody enforces
-- from: 18
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, b int); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p NOT ENFORCED, b int CHECK (b > 5) NOT ENFORCED);
-- == constraints that are enforced at last
-- from: 18
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p NOT ENFORCED, b int CHECK (b > 0) NOT ENFORCED); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p, b int CHECK (b > 0));
-- == constraints that are enforced no more
-- from: 18
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p, b int CHECK (b > 0)); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p NOT ENFORCED, b int CHECK (b > 0) NOT ENFORCED);
-- == names of not-null constraints
-- from: 18
CREATE TABLE app.t (a int, b int CONSTRAINT "b b" NOT NULL, c int CONSTRAINT c NOT NULL, d int NOT NULL, e int CONSTRAINT e NOT NULL); INSERT INTO app.t VALUES (1, 1, 1, 1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT "A a" NOT NULL, b int NOT NULL, c int CONSTRAINT cc NOT NULL, d int CONSTRAINT "D" NOT NULL, e int);
-- == names of not-null constraints of keys
-- from: 18
CREATE TABLE app.t (a int PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT x NOT NULL PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT n NOT NULL PRIMARY KEY); CREATE TABLE app.u (a int GENERATED ALWAYS AS IDENTITY CONSTRAINT y NOT NULL, b serial CONSTRAINT z NOT NULL);
-- == a not-null constraint takes the name of a check
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL);
-- == a check takes the name of a not-null constraint
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0));
-- == a primary key that others refer to
CREATE TABLE app.t (a int PRIMARY KEY, b int); CREATE TABLE app.r (t int REFERENCES app.t); INSERT INTO app.t VALUES (1, 1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int UNIQUE, b int PRIMARY KEY); CREATE TABLE app.r (t int REFERENCES app.t (a));
-- == a primary key that others refer to in empty tables
CREATE TABLE app.t (a int PRIMARY KEY, b int); CREATE TABLE app.r (t int REFERENCES app.t);
-- =>
CREATE TABLE app.t (a int UNIQUE, b int PRIMARY KEY); CREATE TABLE app.r (t int REFERENCES app.t (a));
-- == a primary key that others refer to gets included columns
CREATE TABLE app.t (a int PRIMARY KEY, b int); CREATE TABLE app.r (t int REFERENCES app.t ON DELETE CASCADE); INSERT INTO app.t VALUES (1, 1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int, PRIMARY KEY (a) INCLUDE (b)); CREATE TABLE app.r (t int REFERENCES app.t ON DELETE CASCADE);
-- == a primary key that its own table refers to changes
CREATE TABLE app.t (a int PRIMARY KEY, b int, up int REFERENCES app.t); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int, b int, up int REFERENCES app.t, PRIMARY KEY (a) INCLUDE (b));
-- == a unique constraint that others refer to changes
CREATE TABLE app.t (a int UNIQUE, b int); CREATE TABLE app.r (t int REFERENCES app.t (a)); INSERT INTO app.t VALUES (1, 1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int, CONSTRAINT t_a_key UNIQUE (a) INCLUDE (b)); CREATE TABLE app.r (t int REFERENCES app.t (a));
-- == a unique constraint that others refer to gets another name
CREATE TABLE app.t (a int UNIQUE); CREATE TABLE app.r (t int REFERENCES app.t (a)); CREATE TABLE app.q (t int CONSTRAINT "Q q" REFERENCES app.t (a) ON DELETE SET NULL); INSERT INTO app.t VALUES (1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT "Key k" UNIQUE); CREATE TABLE app.r (t int REFERENCES app.t (a)); CREATE TABLE app.q (t int CONSTRAINT "Q q" REFERENCES app.t (a) ON DELETE SET NULL);
-- == a unique index that others refer to changes
CREATE TABLE app.t (a int, b int); CREATE UNIQUE INDEX i ON app.t (a); CREATE TABLE app.r (t int REFERENCES app.t (a)); INSERT INTO app.t VALUES (1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE UNIQUE INDEX i ON app.t (a) INCLUDE (b); CREATE TABLE app.r (t int REFERENCES app.t (a));
-- == a key that others refer to gets a type that does not compare
CREATE TABLE app.t (a int PRIMARY KEY); CREATE TABLE app.r (t int REFERENCES app.t); INSERT INTO app.t VALUES (1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a text PRIMARY KEY); CREATE TABLE app.r (t text REFERENCES app.t);
-- == a primary key takes in a column that let nulls in
CREATE TABLE app.t (a int CONSTRAINT k PRIMARY KEY, b int, c int); COMMENT ON CONSTRAINT k ON app.t IS 'the key'; ALTER TABLE app.t CLUSTER ON k; INSERT INTO app.t VALUES (1, 1, NULL);
-- =>
CREATE TABLE app.t (a int, b int NOT NULL, c int, CONSTRAINT k PRIMARY KEY (a, b));
-- == a primary key goes over to another column
CREATE TABLE app.t (a int PRIMARY KEY, b int); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int PRIMARY KEY);
-- == a unique key takes in a column, and keeps what was said of it
CREATE TABLE app.t (a int NOT NULL CONSTRAINT u UNIQUE, b int); COMMENT ON CONSTRAINT u ON app.t IS 'one'; COMMENT ON INDEX app.u IS 'of the key'; ALTER TABLE app.t REPLICA IDENTITY USING INDEX u; INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int NOT NULL, b int, CONSTRAINT u UNIQUE (a, b)); COMMENT ON CONSTRAINT u ON app.t IS 'two';
-- == the primary key moves from a column that numbered itself
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b int NOT NULL); INSERT INTO app.t (b) VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int PRIMARY KEY);
