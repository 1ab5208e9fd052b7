-- == add a primary key
CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (id int PRIMARY KEY);
-- == drop a primary key
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (id int);
-- == drop a primary key and keep not null
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (id int NOT NULL);
-- == change the columns of a primary key
CREATE TABLE app.t (a int, b int, PRIMARY KEY (a)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int, PRIMARY KEY (b, a));
-- == a primary key under another name with included columns
CREATE TABLE app.t (a int PRIMARY KEY, b int); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT "the key" PRIMARY KEY, b int);
-- == unique constraints
CREATE TABLE app.t (a int UNIQUE, b int UNIQUE, c int); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int, b int, c int, UNIQUE (c), CONSTRAINT t_b_key UNIQUE (b) INCLUDE (a));
-- == unique nulls not distinct and deferrable
CREATE TABLE app.t (a int UNIQUE, b int UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int UNIQUE NULLS NOT DISTINCT, b int UNIQUE DEFERRABLE INITIALLY DEFERRED);
-- == a unique index becomes a constraint
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX t_a_key ON app.t (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int UNIQUE);
-- == a unique constraint becomes an index
CREATE TABLE app.t (a int UNIQUE); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX t_a_key ON app.t (a);
-- == add, change and drop checks
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0), CONSTRAINT y CHECK (a < 100), CONSTRAINT z CHECK (a <> 5)); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a >= 0), CONSTRAINT y CHECK (a < 100), CONSTRAINT w CHECK (a <> 7 AND a BETWEEN 0 AND 50));
-- == a check with IN on a varchar
CREATE TABLE app.t (a varchar(10)); INSERT INTO app.t VALUES ('x');
-- =>
CREATE TABLE app.t (a varchar(10) CHECK (a IN ('x', 'y')));
-- == a check that is not valid, and one that becomes so
CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1); ALTER TABLE app.t ADD CONSTRAINT x CHECK (a > 0) NOT VALID;
-- =>
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0)); ALTER TABLE app.t ADD CONSTRAINT y CHECK (a > 5) NOT VALID;
-- == a check that children do not have
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0));
-- =>
CREATE TABLE app.t (a int, CONSTRAINT x CHECK (a > 0) NO INHERIT);
-- == add a foreign key
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int); INSERT INTO app.p VALUES (1); INSERT INTO app.c VALUES (1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int REFERENCES app.p ON DELETE CASCADE ON UPDATE SET NULL);
-- == change the actions of a foreign key
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int REFERENCES app.p ON DELETE CASCADE); INSERT INTO app.p VALUES (1); INSERT INTO app.c VALUES (1);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int REFERENCES app.p ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED);
-- == drop a foreign key
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int REFERENCES app.p);
-- =>
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int);
-- == a foreign key of two columns with a list of columns to null
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.c (a int, b int);
-- =>
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.c (a int, b int, FOREIGN KEY (a, b) REFERENCES app.p MATCH SIMPLE ON DELETE SET NULL (b));
-- == a foreign key that is not valid, and one that becomes so
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int, q int); ALTER TABLE app.c ADD CONSTRAINT x FOREIGN KEY (p) REFERENCES app.p NOT VALID;
-- =>
CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE app.c (p int, q int, CONSTRAINT x FOREIGN KEY (p) REFERENCES app.p); ALTER TABLE app.c ADD CONSTRAINT y FOREIGN KEY (q) REFERENCES app.p NOT VALID;
-- == tables that refer to each other
CREATE TABLE app.a (id int PRIMARY KEY);
-- =>
CREATE TABLE app.a (id int PRIMARY KEY, b int); CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a); ALTER TABLE app.a ADD FOREIGN KEY (b) REFERENCES app.b;
-- == drop tables that refer to each other
CREATE TABLE app.a (id int PRIMARY KEY, b int); CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a); ALTER TABLE app.a ADD FOREIGN KEY (b) REFERENCES app.b;
-- =>
CREATE TABLE app.z (id int);
-- == foreign keys across schemas
CREATE TABLE app.a (id int PRIMARY KEY); INSERT INTO app.a VALUES (1);
-- =>
CREATE SCHEMA two; CREATE TABLE app.a (id int PRIMARY KEY); CREATE TABLE two.b (a int REFERENCES app.a);
-- == lists of a varchar in every place, which the server prints in a form that it prints differently when it reads it
CREATE TABLE app.t (a varchar(20), b varchar, CONSTRAINT k CHECK (a IN ('x', 'y')), CONSTRAINT l CHECK (b NOT IN ('z', 'w'))); CREATE INDEX i ON app.t (a) WHERE b IN ('q', 'r'); CREATE VIEW app.v AS SELECT a FROM app.t WHERE a IN ('x', 'y'); CREATE POLICY p ON app.t USING (a IN ('x', 'y')); CREATE DOMAIN app.d AS varchar CHECK (VALUE IN ('m', 'n')); CREATE TABLE app.g (a varchar, b boolean GENERATED ALWAYS AS (a IN ('x', 'y')) STORED);
INSERT INTO app.t VALUES ('x', 'y');
-- =>
CREATE TABLE app.t (a varchar(20), b varchar, CONSTRAINT k CHECK (a IN ('x', 'y')), CONSTRAINT l CHECK (b NOT IN ('z', 'w'))); CREATE INDEX i ON app.t (a) WHERE b IN ('q', 'r'); CREATE VIEW app.v AS SELECT a FROM app.t WHERE a IN ('x', 'y'); CREATE POLICY p ON app.t USING (a IN ('x', 'y')); CREATE DOMAIN app.d AS varchar CHECK (VALUE IN ('m', 'n')); CREATE TABLE app.g (a varchar, b boolean GENERATED ALWAYS AS (a IN ('x', 'y')) STORED);
