-- == tables come and go
CREATE TABLE app.old (a int); INSERT INTO app.old VALUES (1); CREATE TABLE app.same (a int); INSERT INTO app.same VALUES (1);
-- =>
CREATE TABLE app.new (a int); COMMENT ON TABLE app.new IS 'new'; CREATE TABLE app.same (a int);
-- == a schema comes and one goes
-- undumped: a schema that nobody declared is not seen
CREATE SCHEMA gone; CREATE TABLE gone.t (a int);
-- =>
CREATE SCHEMA come; COMMENT ON SCHEMA come IS 'it came'; CREATE TABLE come.t (a int);
-- == owners
CREATE TABLE app.t (a serial); CREATE SEQUENCE app.s; CREATE TYPE app.e AS ENUM ('a'); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- =>
CREATE TABLE app.t (a serial); ALTER TABLE app.t OWNER TO owners; CREATE SEQUENCE app.s; ALTER SEQUENCE app.s OWNER TO owners; CREATE TYPE app.e AS ENUM ('a'); ALTER TYPE app.e OWNER TO owners;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION app.f() OWNER TO owners; ALTER SCHEMA app OWNER TO owners;
-- == sequences
CREATE SEQUENCE app.a; CREATE SEQUENCE app.b START 5 INCREMENT 2 MAXVALUE 100 CACHE 3 CYCLE; CREATE SEQUENCE app.gone; COMMENT ON SEQUENCE app.a IS 'x';
-- =>
CREATE SEQUENCE app.a AS integer START 7 INCREMENT -1 MINVALUE -50 MAXVALUE 10; CREATE SEQUENCE app.b; CREATE SEQUENCE app.c NO CYCLE CACHE 9; COMMENT ON SEQUENCE app.c IS 'c';
-- == a sequence that a column owns
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int, b int);
-- =>
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int DEFAULT nextval('app.s'), b int); ALTER SEQUENCE app.s OWNED BY app.t.b;
-- == a sequence that nobody owns any more
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int DEFAULT nextval('app.s'), b int); ALTER SEQUENCE app.s OWNED BY app.t.b;
-- =>
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int, b int);
-- == values of an enum
CREATE TYPE app.e AS ENUM ('b', 'd'); CREATE TABLE app.t (e app.e DEFAULT 'b'); INSERT INTO app.t VALUES ('b');
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b', 'c', 'd', 'it''s'); COMMENT ON TYPE app.e IS 'letters'; CREATE TABLE app.t (e app.e DEFAULT 'b');
-- == an enum loses a value
-- blocked: value
CREATE TYPE app.e AS ENUM ('a', 'b', 'c');
-- =>
CREATE TYPE app.e AS ENUM ('a', 'c');
-- == an enum comes and one goes
CREATE TYPE app.gone AS ENUM ('a'); CREATE TABLE app.t (e app.gone);
-- =>
CREATE TYPE app.come AS ENUM ('x', 'y'); CREATE TABLE app.t (a app.come[] DEFAULT '{x}');
-- == functions
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION app.gone() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
-- =>
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'SELECT a + 1'; COMMENT ON FUNCTION app.f(int) IS 'adds';
CREATE FUNCTION app.f(a text, VARIADIC b int[] DEFAULT '{1}') RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path TO pg_catalog, app SET work_mem TO '1MB' AS $$BEGIN RETURN NEXT a; END$$;
CREATE FUNCTION app.g(OUT x int, INOUT y text) LANGUAGE sql AS $$SELECT 1, y$$; CREATE FUNCTION app.h() RETURNS TABLE (a int, "b c" text) LANGUAGE sql AS $$SELECT 1, 'x'$$;
-- == a function returns something else
CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- =>
CREATE FUNCTION app.f(b int) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
-- == a function that a default uses
CREATE TABLE app.t (id int);
-- =>
CREATE FUNCTION app.nextid() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (id int DEFAULT app.nextid(), CHECK (app.nextid() > 0));
-- == triggers
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE app.t (a int, b int);
CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f(); CREATE TRIGGER gone AFTER DELETE ON app.t EXECUTE FUNCTION app.f();
-- =>
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE app.t (a int, b int);
CREATE TRIGGER x BEFORE INSERT OR UPDATE OF a, b ON app.t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION app.f('it''s', 'two');
CREATE CONSTRAINT TRIGGER c AFTER UPDATE ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.f();
CREATE TRIGGER s AFTER UPDATE ON app.t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION app.f(); ALTER TABLE app.t DISABLE TRIGGER s; COMMENT ON TRIGGER x ON app.t IS 'x';
-- == comments come and go
CREATE TABLE app.a (a int); COMMENT ON TABLE app.a IS 'a'; CREATE TABLE app.b (a int); COMMENT ON SCHEMA app IS 'old';
-- =>
CREATE TABLE app.a (a int); CREATE TABLE app.b (a int); COMMENT ON TABLE app.b IS 'b'; COMMENT ON SCHEMA app IS 'new';

-- == a column of partitions with defaults of their own gets another type
CREATE TABLE app.p (a int, note text, n text DEFAULT 'zero', m int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (a);
CREATE TABLE app.p11 PARTITION OF app.p1 (note DEFAULT 'late', n DEFAULT 'x') FOR VALUES FROM (0) TO (5);
CREATE TABLE app.p2 PARTITION OF app.p (note NOT NULL, m NOT NULL) FOR VALUES FROM (10) TO (20);
INSERT INTO app.p VALUES (1, 'a', '1', 1), (11, 'b', '2', 2);
-- =>
CREATE TABLE app.p (a int, note varchar(100) DEFAULT 'none', n char(20), m bigint) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (a);
CREATE TABLE app.p11 PARTITION OF app.p1 (note DEFAULT 'later', n DEFAULT 'y') FOR VALUES FROM (0) TO (5);
CREATE TABLE app.p2 PARTITION OF app.p (note NOT NULL, m NOT NULL) FOR VALUES FROM (10) TO (20);

-- == defaults of parents change, and those of partitions and children stay
CREATE TABLE app.p (a int, note text DEFAULT 'a', n text) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p (note DEFAULT 'own', n DEFAULT 'own') FOR VALUES FROM (0) TO (10);
CREATE TABLE app.q (a int DEFAULT 1, b int); CREATE TABLE app.c (a int DEFAULT 2, b int DEFAULT 3) INHERITS (app.q);
INSERT INTO app.p VALUES (1, 'a'); INSERT INTO app.c VALUES (1);
-- =>
CREATE TABLE app.p (a int, note text DEFAULT 'b', n text DEFAULT 'new') PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p (note DEFAULT 'own', n DEFAULT 'own') FOR VALUES FROM (0) TO (10);
CREATE TABLE app.q (a int DEFAULT 5, b int DEFAULT 6); CREATE TABLE app.c (a int DEFAULT 2, b int DEFAULT 3) INHERITS (app.q);

-- == a column of a child with a default of its own gets another type
CREATE TABLE app.p (a int, b int DEFAULT 1, c text);
CREATE TABLE app.c (b int DEFAULT 2, d int) INHERITS (app.p); ALTER TABLE app.c ALTER c SET DEFAULT 'x', ALTER a SET NOT NULL;
INSERT INTO app.p VALUES (1, 1, '1'); INSERT INTO app.c VALUES (1, 1, '1', 1);
-- =>
CREATE TABLE app.p (a bigint, b bigint DEFAULT 1, c text COLLATE "C");
CREATE TABLE app.c (b bigint DEFAULT 3, d int) INHERITS (app.p); ALTER TABLE app.c ALTER c SET DEFAULT 'y', ALTER a SET NOT NULL;

-- == what is said of columns of parents changes, and of those of partitions and children stays
CREATE TABLE app.p (a int, b int NOT NULL, c text, d text COLLATE "C", e text) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10);
ALTER TABLE ONLY app.p1 ALTER c SET STATISTICS 10, ALTER d SET STORAGE EXTERNAL, ALTER e SET COMPRESSION pglz, ALTER a SET (n_distinct = 5);
CREATE TABLE app.q (a int, c text, d text, e text); CREATE TABLE app.c (x int) INHERITS (app.q);
ALTER TABLE app.c ALTER c SET STATISTICS 10, ALTER d SET STORAGE EXTERNAL, ALTER e SET COMPRESSION pglz;
-- =>
CREATE TABLE app.p (a int, b int, c text, d text COLLATE "C", e text) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.p (b NOT NULL) FOR VALUES FROM (0) TO (10);
ALTER TABLE ONLY app.p ALTER c SET STATISTICS 20, ALTER d SET STORAGE MAIN, ALTER a SET (n_distinct = 7);
ALTER TABLE ONLY app.p1 ALTER c SET STATISTICS 10, ALTER d SET STORAGE EXTERNAL, ALTER e SET COMPRESSION pglz, ALTER a SET (n_distinct = 5);
CREATE TABLE app.q (a int, c text, d text, e text); CREATE TABLE app.c (x int) INHERITS (app.q);
ALTER TABLE ONLY app.q ALTER c SET STATISTICS 20, ALTER d SET STORAGE MAIN;
ALTER TABLE app.c ALTER c SET STATISTICS 10, ALTER d SET STORAGE EXTERNAL, ALTER e SET COMPRESSION pglz;

-- == columns that divide tables get other types
-- blocked: table app.t is divided by column a (PARTITION BY RANGE (a))
-- blocked: table app.p is divided by column b (PARTITION BY LIST (b))
CREATE TABLE app.t (a int, b text) PARTITION BY RANGE (a); CREATE TABLE app.u (a int, b text) PARTITION BY RANGE (a); CREATE TABLE app.p PARTITION OF app.u DEFAULT PARTITION BY LIST (b);
-- =>
CREATE TABLE app.t (a bigint, b text) PARTITION BY RANGE (a); CREATE TABLE app.u (a int, b varchar(20)) PARTITION BY RANGE (a); CREATE TABLE app.p PARTITION OF app.u DEFAULT PARTITION BY LIST (b);

-- == columns beside that of the partition key get other types, and that another default
CREATE TABLE app.t (a int, ab int, bab int) PARTITION BY RANGE (ab);
-- =>
CREATE TABLE app.t (a bigint, ab int DEFAULT 3 NOT NULL, bab bigint) PARTITION BY RANGE (ab);
-- == tables become partitions, and their columns are not as they have to be
-- blocked: column b is ordered by collation that of its type, not C
-- blocked: column c is computed in one and not in the other
-- blocked: column d is computed in one and not in the other
CREATE TABLE app.t (a int, b text COLLATE "C", c int GENERATED ALWAYS AS (a + 1) STORED, d int) PARTITION BY LIST (a); CREATE TABLE app.p (a int, b text, c int, d int GENERATED ALWAYS AS (a + 1) STORED);
-- =>
CREATE TABLE app.t (a int, b text COLLATE "C", c int GENERATED ALWAYS AS (a + 1) STORED, d int) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1);

-- == a table becomes a partition, and computes a column in another way
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p (a int, b int GENERATED ALWAYS AS (a + 2) STORED);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p (a int, b int GENERATED ALWAYS AS (a + 2) STORED); ALTER TABLE app.t ATTACH PARTITION app.p FOR VALUES IN (1);

-- == a table with an identity becomes a partition
-- from: 17
-- blocked: column b is an identity
CREATE TABLE app.t (a int, b int NOT NULL) PARTITION BY LIST (a); CREATE TABLE app.p (a int, b int GENERATED ALWAYS AS IDENTITY);
-- =>
CREATE TABLE app.t (a int, b int NOT NULL) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1);

-- == a table becomes a child, and orders a column by another collation
-- undumped: the columns are the child's own too
CREATE TABLE app.t (a int, b text COLLATE "C"); CREATE TABLE app.p (a int, b text);
-- =>
CREATE TABLE app.t (a int, b text COLLATE "C"); CREATE TABLE app.p () INHERITS (app.t);

-- == a table becomes a child, and does not compute a column
-- undumped: the columns are the child's own too
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.p (a int, b int);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.p () INHERITS (app.t);

-- == a table becomes a child, of columns of other types and with nulls
-- undumped: the columns are the child's own too
CREATE TABLE app.t (a int NOT NULL, b int, CONSTRAINT pos CHECK (b > 0)); CREATE TABLE app.p (a bigint, b text); INSERT INTO app.p VALUES (1, '2');
-- =>
CREATE TABLE app.t (a int NOT NULL, b int, CONSTRAINT pos CHECK (b > 0)); CREATE TABLE app.p () INHERITS (app.t);

-- == a child becomes a table of its own
-- undumped: the columns are its own too, when it is a child again
CREATE TABLE app.t (a int NOT NULL, b int GENERATED ALWAYS AS (a + 1) STORED, CONSTRAINT pos CHECK (b > 0)); CREATE TABLE app.p (c int) INHERITS (app.t);
-- =>
CREATE TABLE app.t (a int NOT NULL, b int GENERATED ALWAYS AS (a + 1) STORED, CONSTRAINT pos CHECK (b > 0)); CREATE TABLE app.p (a bigint, b int, c int);

-- == a table becomes a child of two, and lacks columns and checks
-- undumped: the columns are the child's own too
CREATE TABLE app.t (a int NOT NULL, b int DEFAULT 3, CONSTRAINT pos CHECK (b > 0)); CREATE TABLE app.u (b int, c text, CONSTRAINT neg CHECK (c <> 'x') NO INHERIT); CREATE TABLE app.p (d int, b int); INSERT INTO app.p VALUES (1, 2);
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 3, CONSTRAINT pos CHECK (b > 0)); CREATE TABLE app.u (b int DEFAULT 4, c text, CONSTRAINT neg CHECK (c <> 'x') NO INHERIT); CREATE TABLE app.p (d int, b int DEFAULT 5) INHERITS (app.t, app.u); INSERT INTO app.p VALUES (1, 2);

-- == a table becomes a child and says of a column what its parent does not
-- undumped: the columns are the child's own too
CREATE TABLE app.t (a int, b text); CREATE TABLE app.p (a int, c int, CONSTRAINT pos CHECK (c > 0)); INSERT INTO app.p VALUES (1, 2);
-- =>
CREATE TABLE app.t (a int, b text); CREATE TABLE app.p (a int DEFAULT 7 NOT NULL, b text, c int, CONSTRAINT pos CHECK (c > 0)) INHERITS (app.t);

-- == a column goes of which a child has a default of its own
CREATE TABLE app.t (a int, b int DEFAULT 1, c int); CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER b SET DEFAULT 2; CREATE TABLE app.l (c int, d int) INHERITS (app.t);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.k () INHERITS (app.t); CREATE TABLE app.l (d int) INHERITS (app.t);

-- == a column of a parent goes and a child keeps it
CREATE TABLE app.t (a int, b int DEFAULT 1); CREATE TABLE app.k (b int) INHERITS (app.t); INSERT INTO app.k VALUES (1, 2);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.k (b int) INHERITS (app.t);
-- == a child leaves, and a column of its own loses the default that its parent's loses too
CREATE TABLE app.t (a int, b int DEFAULT 4); CREATE TABLE app.k (b int DEFAULT 5, d int) INHERITS (app.t);
-- =>
CREATE TABLE app.t (a int, b int); CREATE TABLE app.k (b int, d int);
-- == new children with columns that are only their parents'
CREATE TABLE app.z (a int);
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 1, c text, d text, n int DEFAULT 3); ALTER TABLE app.t ALTER c SET STORAGE EXTERNAL;
CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER b SET DEFAULT 2, ALTER c SET STORAGE EXTENDED, ALTER d SET STATISTICS 10;
CREATE TABLE app.l (b int DEFAULT 2, d text) INHERITS (app.t); COMMENT ON COLUMN app.l.a IS 'x';
CREATE TABLE app.m (b int) INHERITS (app.k);
-- == column that is only the parent's gets a default of the child's own, and loses it
CREATE TABLE app.t (a int, b int DEFAULT 1, c int DEFAULT 1); CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER c SET DEFAULT 5; INSERT INTO app.k VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 1, c int DEFAULT 1); CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER b SET DEFAULT 2; INSERT INTO app.k VALUES (1);
-- == column becomes the child's own
-- blocked: the table has column b from its parents only
CREATE TABLE app.t (a int, b int DEFAULT 1); CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER b SET DEFAULT 2;
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 1); CREATE TABLE app.k (b int DEFAULT 2) INHERITS (app.t);
-- == column is the parent's only
-- blocked: the table has column b by itself, too
CREATE TABLE app.t (a int, b int DEFAULT 1); CREATE TABLE app.k (b int DEFAULT 2) INHERITS (app.t);
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 1); CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER b SET DEFAULT 2;
-- == column that a child gets by itself, and from its parent
CREATE TABLE app.t (a int); CREATE TABLE app.k () INHERITS (app.t); CREATE TABLE app.m () INHERITS (app.k); INSERT INTO app.t VALUES (1); INSERT INTO app.k VALUES (2);
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 1, c text); CREATE TABLE app.k (b int DEFAULT 2, d int) INHERITS (app.t); CREATE TABLE app.m (c text) INHERITS (app.k); ALTER TABLE app.m ALTER b SET DEFAULT 3;
-- == parent gets a column that a child which goes has of another type
CREATE TABLE app.t (a int); CREATE TABLE app.k (b int) INHERITS (app.t); CREATE VIEW app.v AS SELECT b FROM app.k; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b text);
-- == column of a parent is made anew, of which a child and a partition have a default of their own
CREATE TABLE app.t (a int, b int); CREATE TABLE app.k () INHERITS (app.t); ALTER TABLE app.k ALTER b SET DEFAULT 7; INSERT INTO app.k VALUES (1, 1);
CREATE TABLE app.p (a int, b int) PARTITION BY LIST (a); CREATE TABLE app.p1 PARTITION OF app.p (b DEFAULT 7) FOR VALUES IN (1); COMMENT ON COLUMN app.p1.b IS 'c'; INSERT INTO app.p VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k () INHERITS (app.t);
CREATE TABLE app.p (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES IN (1); COMMENT ON COLUMN app.p1.b IS 'c';
-- == a table becomes a child, and a column of its own gets a default when its parent's gets another
CREATE TABLE app.t (a int, b int); CREATE TABLE app.k (a int, b int, d int); CREATE TABLE app.l (a int, b int DEFAULT 6);
CREATE TABLE app.p (a int, b int) PARTITION BY LIST (a); CREATE TABLE app.p1 (a int, b int);
-- =>
CREATE TABLE app.t (a int, b int DEFAULT 4); CREATE TABLE app.k (a int, b int DEFAULT 5, d int); CREATE TABLE app.l (a int, b int); ALTER TABLE app.k INHERIT app.t; ALTER TABLE app.l INHERIT app.t;
CREATE TABLE app.p (a int, b int DEFAULT 4) PARTITION BY LIST (a); CREATE TABLE app.p1 PARTITION OF app.p (b DEFAULT 3) FOR VALUES IN (1);
