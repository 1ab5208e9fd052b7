-- == two primary keys swap their names
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT y PRIMARY KEY); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1), (2);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT x PRIMARY KEY);
-- == two primary keys of empty tables swap their names
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT y PRIMARY KEY);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT x PRIMARY KEY);
-- == three primary keys pass their names round
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT y PRIMARY KEY); CREATE TABLE app.v (a int CONSTRAINT z PRIMARY KEY); CREATE TABLE app.r (a int REFERENCES app.t); INSERT INTO app.t VALUES (1); INSERT INTO app.r VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT z PRIMARY KEY); CREATE TABLE app.v (a int CONSTRAINT x PRIMARY KEY); CREATE TABLE app.r (a int REFERENCES app.t);
-- == primary keys hand their names on
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT y PRIMARY KEY); CREATE TABLE app.v (a int CONSTRAINT z PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y PRIMARY KEY); CREATE TABLE app.u (a int CONSTRAINT z PRIMARY KEY); CREATE TABLE app.v (a int CONSTRAINT "w ""w" PRIMARY KEY);
-- == two primary keys swap their names and their columns change
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY, b int NOT NULL); CREATE TABLE app.u (a int CONSTRAINT y PRIMARY KEY, b int NOT NULL); INSERT INTO app.t VALUES (1, 1); INSERT INTO app.u VALUES (1, 1), (2, 2);
-- =>
CREATE TABLE app.t (a int NOT NULL, b int NOT NULL CONSTRAINT y PRIMARY KEY); CREATE TABLE app.u (a int NOT NULL, b int NOT NULL CONSTRAINT x PRIMARY KEY);
-- == two primary keys of empty tables swap their names and their columns change
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY, b int NOT NULL); CREATE TABLE app.u (a int CONSTRAINT y PRIMARY KEY, b int NOT NULL);
-- =>
CREATE TABLE app.t (a int NOT NULL, b int NOT NULL CONSTRAINT y PRIMARY KEY); CREATE TABLE app.u (a int NOT NULL, b int NOT NULL CONSTRAINT x PRIMARY KEY);
-- == unique constraints of two tables swap their names
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE); CREATE TABLE app.u (a int CONSTRAINT y UNIQUE, b int); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE); CREATE TABLE app.u (a int CONSTRAINT x UNIQUE, b int);
-- == three unique constraints of one table pass their names round
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE, b int CONSTRAINT y UNIQUE, c int CONSTRAINT "Z z" UNIQUE); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE, b int CONSTRAINT "Z z" UNIQUE, c int CONSTRAINT x UNIQUE);
-- == unique constraints hand their names on
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE, b int CONSTRAINT y UNIQUE); CREATE TABLE app.u (a int CONSTRAINT z UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE, b int CONSTRAINT z UNIQUE); CREATE TABLE app.u (a int CONSTRAINT w UNIQUE);
-- == a unique constraint takes the name of one that goes
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE, b int CONSTRAINT y UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE, b int);
-- == a unique constraint takes the name of one of another table that goes
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE); CREATE TABLE app.u (a int CONSTRAINT y UNIQUE); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE); CREATE TABLE app.u (a int);
-- == a unique constraint and an index of another table swap their names
CREATE TABLE app.t (a int CONSTRAINT x UNIQUE); CREATE TABLE app.u (a int); CREATE INDEX y ON app.u (a); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y UNIQUE); CREATE TABLE app.u (a int); CREATE INDEX x ON app.u (a);
-- == a primary key, a unique constraint and an index pass their names round
CREATE TABLE app.t (a int CONSTRAINT x PRIMARY KEY, b int CONSTRAINT y UNIQUE, c int); CREATE INDEX z ON app.t (c); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y PRIMARY KEY, b int CONSTRAINT z UNIQUE, c int); CREATE INDEX x ON app.t (c);
-- == exclusion constraints swap their names
CREATE TABLE app.t (a int4range, b int4range, CONSTRAINT x EXCLUDE USING gist (a WITH &&), CONSTRAINT y EXCLUDE USING gist (b WITH &&)); INSERT INTO app.t VALUES ('[1,2)', '[1,2)');
-- =>
CREATE TABLE app.t (a int4range, b int4range, CONSTRAINT y EXCLUDE USING gist (a WITH &&), CONSTRAINT x EXCLUDE USING gist (b WITH &&));
-- == checks swap their names
CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT "Y y" CHECK (b > 0)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT "Y y" CHECK (a > 0), b int CONSTRAINT x CHECK (b > 0));
-- == checks hand their names on
CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT y CHECK (b > 0), c int CONSTRAINT z CHECK (c > 0)); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y CHECK (a > 0), b int CONSTRAINT z CHECK (b > 0), c int CONSTRAINT w CHECK (c > 0));
-- == a check takes the name of one that goes
CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT y CHECK (b > 0)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y CHECK (a > 0), b int);
-- == a check and a unique constraint swap their names
CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT y UNIQUE); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y CHECK (a > 0), b int CONSTRAINT x UNIQUE);
-- == a check and a foreign key swap their names
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT y REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT y CHECK (a > 0), b int CONSTRAINT x REFERENCES app.p);
-- == a check takes the name of a foreign key that goes
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT y REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT y CHECK (a > 0), b int);
-- == a foreign key takes the name of a check that goes and a check that of a foreign key
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT y REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT x REFERENCES app.p, b int CONSTRAINT y CHECK (b > 0));
-- == foreign keys swap their names
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT x REFERENCES app.p, b int CONSTRAINT y REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT y REFERENCES app.p, b int CONSTRAINT x REFERENCES app.p);
-- == foreign keys hand their names on
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT x REFERENCES app.p, b int CONSTRAINT y REFERENCES app.p ON DELETE CASCADE); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.p (a int PRIMARY KEY); CREATE TABLE app.t (a int CONSTRAINT y REFERENCES app.p, b int CONSTRAINT z REFERENCES app.p ON DELETE CASCADE);
-- == names of not-null constraints swap
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL, b int CONSTRAINT y NOT NULL); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y NOT NULL, b int CONSTRAINT x NOT NULL);
-- == names of not-null constraints pass round and on
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL, b int CONSTRAINT y NOT NULL, c int CONSTRAINT "z'z" NOT NULL, d int CONSTRAINT p NOT NULL, e int CONSTRAINT q NOT NULL); INSERT INTO app.t VALUES (1, 1, 1, 1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y NOT NULL, b int CONSTRAINT "z'z" NOT NULL, c int CONSTRAINT x NOT NULL, d int CONSTRAINT q NOT NULL, e int CONSTRAINT r NOT NULL);
-- == a not-null constraint takes the name of one that goes
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL, b int CONSTRAINT y NOT NULL); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y NOT NULL, b int);
-- == a new not-null constraint takes the name of one that is renamed
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL, b int); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y NOT NULL, b int CONSTRAINT x NOT NULL);
-- == a not-null constraint and a check swap their names
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL, b int CONSTRAINT y CHECK (b > 0)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y NOT NULL, b int CONSTRAINT x CHECK (b > 0));
-- == a not-null constraint takes the name of a check that goes
-- from: 18
CREATE TABLE app.t (a int CONSTRAINT x NOT NULL, b int CONSTRAINT y CHECK (b > 0)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT y NOT NULL, b int);
-- == indexes swap their names
CREATE TABLE app.t (a int, b int); CREATE INDEX x ON app.t (a); CREATE INDEX "Y ""y" ON app.t (lower(b::text)); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX "Y ""y" ON app.t (a); CREATE INDEX x ON app.t (lower(b::text));
-- == indexes of two tables swap their names
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE INDEX x ON app.t (a); CREATE UNIQUE INDEX y ON app.u (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE INDEX y ON app.t (a); CREATE UNIQUE INDEX x ON app.u (a);
-- == indexes of 63 bytes swap their names
CREATE TABLE app.t (a int, b int); CREATE INDEX aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1 ON app.t (a); CREATE INDEX aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2 ON app.t (b); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2 ON app.t (a); CREATE INDEX aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1 ON app.t (b);
-- == indexes hand their names on
CREATE TABLE app.t (a int, b int, c int); CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (b); CREATE INDEX z ON app.t (c); INSERT INTO app.t VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int, b int, c int); CREATE INDEX y ON app.t (a); CREATE INDEX z ON app.t (b); CREATE INDEX w ON app.t (c);
-- == an index takes the name of one that goes
CREATE TABLE app.t (a int, b int); CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (b); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX y ON app.t (a);
-- == an index takes the name of one of another table that goes
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.u (a); INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE INDEX y ON app.t (a);
-- == an index changes and takes the name of one that goes
CREATE TABLE app.t (a int, b int); CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (b); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX y ON app.t (a, b);
-- == indexes pass their names round with comments
CREATE TABLE app.t (a int, b int); CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (b); COMMENT ON INDEX app.x IS 'a'; INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX y ON app.t (a); CREATE INDEX x ON app.t (b); COMMENT ON INDEX app.x IS 'b'; COMMENT ON INDEX app.y IS 'a';
-- == indexes of materialized views swap their names
CREATE TABLE app.t (a int, b int); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t; CREATE INDEX x ON app.m (a); CREATE INDEX y ON app.m (b); CREATE INDEX z ON app.t (a); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE MATERIALIZED VIEW app.m AS SELECT a, b FROM app.t; CREATE INDEX y ON app.m (a); CREATE INDEX z ON app.m (b); CREATE INDEX x ON app.t (a);
-- == sequences of identities swap their names
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.x), b int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.y)); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.y), b int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.x));
-- == sequences of identities of two tables swap their names
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.u_a_seq)); CREATE TABLE app.u (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.t_a_seq)); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY); CREATE TABLE app.u (a int GENERATED ALWAYS AS IDENTITY);
-- == sequences of identities hand their names on
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.x), b int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.y)); CREATE INDEX z ON app.t (a); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.y), b int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.z)); CREATE INDEX x ON app.t (a);
-- == a sequence of an identity and a primary key swap their names
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.x) CONSTRAINT y PRIMARY KEY); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.y) CONSTRAINT x PRIMARY KEY);
-- == the sequence of an identity takes the name of a sequence that goes
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.s));
-- == a sequence takes the name of that of an identity
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.s)); CREATE SEQUENCE app.t_a_seq;
-- == a sequence takes the name of that of an identity that goes
CREATE TABLE app.t (a int GENERATED ALWAYS AS IDENTITY); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int NOT NULL); CREATE SEQUENCE app.t_a_seq;
-- == sequences of two columns swap their names
CREATE SEQUENCE app.x; CREATE SEQUENCE app.y; CREATE TABLE app.t (a int NOT NULL DEFAULT nextval('app.x'), b int NOT NULL DEFAULT nextval('app.y')); ALTER SEQUENCE app.x OWNED BY app.t.a; ALTER SEQUENCE app.y OWNED BY app.t.b; INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE SEQUENCE app.x; CREATE SEQUENCE app.y; CREATE TABLE app.t (a int NOT NULL DEFAULT nextval('app.y'), b int NOT NULL DEFAULT nextval('app.x')); ALTER SEQUENCE app.y OWNED BY app.t.a; ALTER SEQUENCE app.x OWNED BY app.t.b;
-- == the sequences of two serial columns swap their names
CREATE TABLE app.t (a serial, b serial); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a int NOT NULL, b int NOT NULL); CREATE SEQUENCE app.t_a_seq AS int OWNED BY app.t.b; CREATE SEQUENCE app.t_b_seq AS int OWNED BY app.t.a; ALTER TABLE app.t ALTER a SET DEFAULT nextval('app.t_b_seq'), ALTER b SET DEFAULT nextval('app.t_a_seq');
-- == the sequences of two columns become those of serial columns
CREATE TABLE app.t (a int NOT NULL, b int NOT NULL); CREATE SEQUENCE app.t_a_seq AS int OWNED BY app.t.b; CREATE SEQUENCE app.t_b_seq AS int OWNED BY app.t.a; ALTER TABLE app.t ALTER a SET DEFAULT nextval('app.t_b_seq'), ALTER b SET DEFAULT nextval('app.t_a_seq'); INSERT INTO app.t DEFAULT VALUES;
-- =>
CREATE TABLE app.t (a serial, b serial);
-- == a sequence and a table swap their names
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int);
-- =>
CREATE SEQUENCE app.t; CREATE TABLE app.s (a int);
-- == a table takes the name of an index that goes
CREATE TABLE app.t (a int); CREATE INDEX x ON app.t (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.x (a int);
-- == a table takes the name of an index that is renamed
CREATE TABLE app.t (a int); CREATE INDEX "X ""x" ON app.t (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX y ON app.t (a); CREATE TABLE app."X ""x" (a int);
-- == a table takes the name of an index of a table that goes
CREATE TABLE app.t (a int); CREATE INDEX x ON app.t (a); CREATE TABLE app.k (a int PRIMARY KEY);
-- =>
CREATE TABLE app.x (a int); CREATE TABLE app.k_pkey (a int);
-- == a table takes the name of a primary key
CREATE TABLE app.t (a int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT k PRIMARY KEY); CREATE TABLE app.t_pkey (a int CONSTRAINT u PRIMARY KEY);
-- == an index takes the name of a table that goes
CREATE TABLE app.t (a int); CREATE TABLE app.x (a int); INSERT INTO app.t VALUES (1); INSERT INTO app.x VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX x ON app.t (a);
-- == an index that stays takes the name of a table that goes and a table that of the index
CREATE TABLE app.t (a int); CREATE INDEX y ON app.t (a); CREATE TABLE app.x (a int); INSERT INTO app.t VALUES (1); INSERT INTO app.x VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX x ON app.t (a); CREATE TABLE app.y (a int);
-- == a primary key takes the name of a view that goes
CREATE TABLE app.t (a int PRIMARY KEY); CREATE VIEW app.v AS SELECT a FROM app.t; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT v PRIMARY KEY);
-- == a view takes the name of an index that goes
CREATE TABLE app.t (a int); CREATE INDEX x ON app.t (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app.x AS SELECT a FROM app.t;
-- == a view becomes a table and a table a view
CREATE TABLE app.t (a int); CREATE TABLE app.x (a int); CREATE VIEW app.v AS SELECT a FROM app.t;
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.v (a int); CREATE VIEW app.x AS SELECT a FROM app.t;
-- == a view becomes a materialized view and the other way
CREATE TABLE app.t (a int); CREATE VIEW app.v AS SELECT a FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE MATERIALIZED VIEW app.v AS SELECT a FROM app.t; CREATE VIEW app.m AS SELECT a FROM app.t;
-- == a materialized view takes the name of an index and an index that of a materialized view
CREATE TABLE app.t (a int); CREATE INDEX x ON app.t (a); CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t; CREATE INDEX y ON app.m (a); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE INDEX m ON app.t (a); CREATE MATERIALIZED VIEW app.x AS SELECT a FROM app.t; CREATE INDEX y ON app.x (a);
-- == a sequence takes the name of an index and an index that of a sequence
CREATE TABLE app.t (a int, b int); CREATE INDEX x ON app.t (a); CREATE SEQUENCE app.s; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE INDEX s ON app.t (b); CREATE SEQUENCE app.x;
-- == a sequence takes the name of a primary key that stays under another
CREATE TABLE app.t (a int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int CONSTRAINT k PRIMARY KEY); CREATE SEQUENCE app.t_pkey;
-- == an enum takes the name of a table that goes and a table that of an enum
CREATE TABLE app.t (a int); CREATE TYPE app.e AS ENUM ('a');
-- =>
CREATE TABLE app.e (a int); CREATE TYPE app.t AS ENUM ('a');
-- == types of four kinds pass their names round
CREATE TYPE app.a AS ENUM ('a'); CREATE DOMAIN app.b AS int; CREATE TYPE app.c AS (x int); CREATE TYPE app.d AS RANGE (SUBTYPE = int4, MULTIRANGE_TYPE_NAME = app.dd);
-- =>
CREATE TYPE app.b AS ENUM ('a'); CREATE DOMAIN app.c AS int; CREATE TYPE app.d AS (x int); CREATE TYPE app.a AS RANGE (SUBTYPE = int4, MULTIRANGE_TYPE_NAME = app.dd);
-- == a view takes the name of a domain
CREATE DOMAIN app."D d" AS int; CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); CREATE VIEW app."D d" AS SELECT a FROM app.t;
-- == a procedure takes the name of a function and a function that of a procedure
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE FUNCTION app.p(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE app.f(a int) LANGUAGE sql AS 'SELECT 1';
-- == an aggregate takes the name of a function
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE AGGREGATE app.f(int) (SFUNC = int4pl, STYPE = int);
-- == triggers swap their names
CREATE TABLE app.t (a int); CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TRIGGER y BEFORE UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.f();
-- =>
CREATE TABLE app.t (a int); CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER y BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TRIGGER x BEFORE UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.f();
-- == policies swap their names
CREATE TABLE app.t (a int); CREATE POLICY x ON app.t FOR SELECT USING (a > 0); CREATE POLICY y ON app.t FOR DELETE USING (a > 1);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY y ON app.t FOR SELECT USING (a > 0); CREATE POLICY x ON app.t FOR DELETE USING (a > 1);
