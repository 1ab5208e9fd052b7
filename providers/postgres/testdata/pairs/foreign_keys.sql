-- == actions of all sorts
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, b int, c int, d int, e int); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1, 1, 1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY);
CREATE TABLE app.t (a int REFERENCES app.p ON DELETE RESTRICT ON UPDATE CASCADE, b int REFERENCES app.p ON DELETE SET NULL ON UPDATE RESTRICT, c int DEFAULT 1 REFERENCES app.p ON DELETE SET DEFAULT ON UPDATE SET DEFAULT, d int REFERENCES app.p NOT DEFERRABLE, e int REFERENCES app.p DEFERRABLE);
-- == actions are taken back
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p ON DELETE SET NULL ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p);
-- == a foreign key becomes deferrable
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p, b int REFERENCES app.p DEFERRABLE); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p DEFERRABLE, b int REFERENCES app.p DEFERRABLE INITIALLY DEFERRED);
-- == match full
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.t (a int, b int, FOREIGN KEY (a, b) REFERENCES app.p); INSERT INTO app.p VALUES (1, 1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.t (a int, b int, FOREIGN KEY (a, b) REFERENCES app.p MATCH FULL);
-- == match simple again
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.t (a int, b int, CONSTRAINT "F f" FOREIGN KEY (a, b) REFERENCES app.p MATCH FULL);
-- =>
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.t (a int, b int, CONSTRAINT "F f" FOREIGN KEY (a, b) REFERENCES app.p);
-- == columns to null change
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.t (a int, "B b" int, CONSTRAINT x FOREIGN KEY (a, "B b") REFERENCES app.p ON DELETE SET NULL (a), CONSTRAINT y FOREIGN KEY (a, "B b") REFERENCES app.p ON DELETE SET DEFAULT ("B b")); INSERT INTO app.p VALUES (1, 1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE app.t (a int, "B b" int, CONSTRAINT x FOREIGN KEY (a, "B b") REFERENCES app.p ON DELETE SET NULL ("B b"), CONSTRAINT y FOREIGN KEY (a, "B b") REFERENCES app.p ON DELETE SET DEFAULT);
-- == a foreign key to another table
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.q (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.q VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.q (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.q);
-- == a foreign key to another table while the first goes
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1);
-- =>
CREATE TABLE app.q (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.q);
-- == a foreign key to other columns
CREATE TABLE app.p (a int PRIMARY KEY, b int UNIQUE, c int); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1, 1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY, b int UNIQUE, c int UNIQUE); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p (b), b int REFERENCES app.p (c));
-- == a foreign key of other columns
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, b int, CONSTRAINT f FOREIGN KEY (a) REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, b int, CONSTRAINT f FOREIGN KEY (b) REFERENCES app.p);
-- == a foreign key and its unique index go
CREATE TABLE app.p (a int); CREATE UNIQUE INDEX i ON app.p (a); CREATE TABLE app.t (a int REFERENCES app.p (a)); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int); CREATE TABLE app.t (a int);
-- == a foreign key and the key that it refers to come
CREATE TABLE app.p (a int, b int); CREATE TABLE app.t (a int, b int); INSERT INTO app.p VALUES (1, 1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int, b int, UNIQUE (b, a)); CREATE TABLE app.t (a int, b int, FOREIGN KEY (a, b) REFERENCES app.p (a, b));
-- == a table that refers to itself
CREATE TABLE app.t (a int, b int); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY, b int REFERENCES app.t ON DELETE CASCADE, c int REFERENCES app.t (a));
-- == a new table that refers to itself
CREATE TABLE app.x (a int);
-- =>
CREATE TABLE app.x (a int); CREATE TABLE app.t (a int PRIMARY KEY, b int REFERENCES app.t ON DELETE CASCADE);
-- == a table that refers to itself no more
CREATE TABLE app.t (a int PRIMARY KEY, b int REFERENCES app.t ON DELETE CASCADE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY, b int);
-- == the column of a foreign key goes
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p, b int); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (b int);
-- == the column that a foreign key refers to goes
CREATE TABLE app.p (a int PRIMARY KEY, b int UNIQUE); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1, 1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (b int UNIQUE); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p (b));
-- == a foreign key gets another name
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT "G g" REFERENCES app.p);
-- == two foreign keys swap their names
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p, b int CONSTRAINT g REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT g REFERENCES app.p, b int CONSTRAINT f REFERENCES app.p);
-- == the column of a foreign key gets another type
CREATE TABLE app.p (a bigint PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p ON DELETE CASCADE); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a bigint PRIMARY KEY); CREATE TABLE app.t (a bigint REFERENCES app.p ON DELETE CASCADE);
-- == a foreign key that is not valid stays so
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, b int); ALTER TABLE app.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.p NOT VALID; INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int, b int DEFAULT 1); ALTER TABLE app.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.p ON DELETE CASCADE NOT VALID;
-- == a foreign key becomes one that is not valid
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int); ALTER TABLE app.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.p NOT VALID;
-- == a new table with a foreign key that is not valid
CREATE TABLE app.p (a int PRIMARY KEY);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int); ALTER TABLE app.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.p NOT VALID; COMMENT ON CONSTRAINT f ON app.t IS 'x';
-- == a ring of three tables comes
CREATE TABLE app.x (a int);
-- =>
CREATE TABLE app.x (a int); CREATE TABLE app.a (id int PRIMARY KEY, n int); CREATE TABLE app.b (id int PRIMARY KEY, n int REFERENCES app.a); CREATE TABLE app.c (id int PRIMARY KEY, n int REFERENCES app.b); ALTER TABLE app.a ADD FOREIGN KEY (n) REFERENCES app.c DEFERRABLE;
-- == a ring of three tables turns around
CREATE TABLE app.a (id int PRIMARY KEY, n int); CREATE TABLE app.b (id int PRIMARY KEY, n int REFERENCES app.a); CREATE TABLE app.c (id int PRIMARY KEY, n int REFERENCES app.b); ALTER TABLE app.a ADD FOREIGN KEY (n) REFERENCES app.c;
-- =>
CREATE TABLE app.a (id int PRIMARY KEY, n int); CREATE TABLE app.c (id int PRIMARY KEY, n int REFERENCES app.a); CREATE TABLE app.b (id int PRIMARY KEY, n int REFERENCES app.c); ALTER TABLE app.a ADD FOREIGN KEY (n) REFERENCES app.b;
-- == names of foreign keys that hurt
CREATE TABLE app."P p" ("A ""a""" int, "select" int); CREATE TABLE app."T t" ("B b" int, "from" int); INSERT INTO app."P p" VALUES (1, 1); INSERT INTO app."T t" VALUES (1, 1);
-- =>
CREATE TABLE app."P p" ("A ""a""" int, "select" int, PRIMARY KEY ("A ""a""", "select")); CREATE TABLE app."T t" ("B b" int, "from" int, CONSTRAINT "F ""f"" it's" FOREIGN KEY ("B b", "from") REFERENCES app."P p" ON DELETE SET NULL ("from"));
COMMENT ON CONSTRAINT "F ""f"" it's" ON app."T t" IS 'it''s';
-- == a parent goes with the child that refers to it
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.x (a int);
-- == a parent goes and its name comes again as a child
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int REFERENCES app.p);
-- =>
CREATE TABLE app.t (a int PRIMARY KEY); CREATE TABLE app.p (a int REFERENCES app.t);
-- == a unique constraint and its foreign key move to another column
CREATE TABLE app.p (a int UNIQUE, b int); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p (a)); INSERT INTO app.p VALUES (1, 1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int, b int UNIQUE); CREATE TABLE app.t (a int CONSTRAINT f REFERENCES app.p (b));
-- == a foreign key to a unique index
CREATE TABLE app.p (a int); CREATE TABLE app.t (a int); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.p (a int); CREATE UNIQUE INDEX i ON app.p (a); CREATE TABLE app.t (a int REFERENCES app.p (a));
-- == a ring changes its types
CREATE TABLE app.a (id int PRIMARY KEY, n int); CREATE TABLE app.b (id int PRIMARY KEY, n int REFERENCES app.a); ALTER TABLE app.a ADD FOREIGN KEY (n) REFERENCES app.b; INSERT INTO app.a VALUES (1); INSERT INTO app.b VALUES (1, 1);
-- =>
CREATE TABLE app.a (id text PRIMARY KEY, n text); CREATE TABLE app.b (id text PRIMARY KEY, n text REFERENCES app.a); ALTER TABLE app.a ADD FOREIGN KEY (n) REFERENCES app.b;
-- == foreign keys to two keys of which one changes
CREATE TABLE app.p (a int PRIMARY KEY, b int UNIQUE, c int); CREATE TABLE app.t (a int REFERENCES app.p, b int REFERENCES app.p (b)); INSERT INTO app.p VALUES (1, 1, 1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY, b int, c int, CONSTRAINT p_b_key UNIQUE (b) INCLUDE (c)); CREATE TABLE app.t (a int REFERENCES app.p, b int REFERENCES app.p (b));
