-- == the sequences of two serial columns swap their names, and back
CREATE TABLE app.t (a serial, b serial); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a serial, b serial); ALTER SEQUENCE app.t_a_seq RENAME TO x; ALTER SEQUENCE app.t_b_seq RENAME TO t_a_seq; ALTER SEQUENCE app.x RENAME TO t_b_seq;
-- == a table to which a foreign key leads becomes a view, and a table again
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int PRIMARY KEY); CREATE VIEW app.w AS SELECT a FROM app.u; CREATE TABLE app.k (a int REFERENCES app.u);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.u AS SELECT a FROM app.t; CREATE VIEW app.w AS SELECT a FROM app.u; CREATE TABLE app.k (a int);
-- == a column is serial no more, and takes its numbers from the sequence that it had
CREATE TABLE app.t (a serial); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE SEQUENCE app.t_a_seq AS integer; CREATE TABLE app.t (a int NOT NULL DEFAULT nextval('app.t_a_seq'));
-- == identity goes with the primary key, and the column allows nulls
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.x) CONSTRAINT y PRIMARY KEY, b text); INSERT INTO app.t (b) VALUES ('x');
-- =>
CREATE TABLE app.t (a int UNIQUE, b text);
-- == identity of another type goes
CREATE TABLE app.t (a bigint GENERATED ALWAYS AS IDENTITY, b text); INSERT INTO app.t (b) VALUES ('x');
-- =>
CREATE TABLE app.t (a text DEFAULT 'x', b text);
-- == column of another type becomes an identity
CREATE TABLE app.t (a text NOT NULL, b text); INSERT INTO app.t VALUES ('7', 'x');
-- =>
CREATE TABLE app.t (a bigint GENERATED ALWAYS AS IDENTITY, b text);
-- == empty column of another type becomes an identity
CREATE TABLE app.t (a text, b text);
-- =>
CREATE TABLE app.t (a bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b text);
-- == a column goes of which a partition has a default of its own
CREATE TABLE app.p (a int, b int DEFAULT 1, c text) PARTITION BY LIST (a); CREATE TABLE app.p1 PARTITION OF app.p (b DEFAULT 2) FOR VALUES IN (1) PARTITION BY LIST (c); CREATE TABLE app.p2 PARTITION OF app.p1 (b DEFAULT 3, c NOT NULL) DEFAULT;
-- =>
CREATE TABLE app.p (a int, c text) PARTITION BY LIST (a); CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES IN (1) PARTITION BY LIST (c); CREATE TABLE app.p2 PARTITION OF app.p1 (c NOT NULL) DEFAULT;

-- == a partition keeps the default that its parent gives up
CREATE TABLE app.p (a int, b int DEFAULT 1, c int DEFAULT 1) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10);
CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20); ALTER TABLE app.p2 ALTER b DROP DEFAULT, ALTER c DROP DEFAULT;
-- =>
CREATE TABLE app.p (a int, b int, c int DEFAULT 2) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p (b DEFAULT 1, c DEFAULT 1) FOR VALUES FROM (0) TO (10);
CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20); ALTER TABLE app.p2 ALTER c DROP DEFAULT;

-- == options of the sequence of a serial column
CREATE TABLE app.t (a serial, b serial); ALTER SEQUENCE app.t_b_seq INCREMENT 5; INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a serial, b serial); ALTER SEQUENCE app.t_a_seq INCREMENT 10 CACHE 3;
-- == options of the sequence of a serial column are taken back
CREATE TABLE app.t (a serial); ALTER SEQUENCE app.t_a_seq INCREMENT 5; INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a bigserial);
-- == a parent gets a foreign key that a partition has already, and another one
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (a int, b int) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1); ALTER TABLE app.p ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES app.r; INSERT INTO app.r VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (a int, b int, CONSTRAINT k FOREIGN KEY (a) REFERENCES app.r) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1);
-- == default privileges come, and what goes comes back without them
CREATE TABLE app.t (a serial); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO reader;
