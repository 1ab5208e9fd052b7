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
