-- == rows of tables are values of columns, and what would write them anew is blocked
-- blocked: rows of the table are values of column x1 of table app.u
-- blocked: rows of the table are values of column x2 of table app.u
-- blocked: rows of the table are values of column x3 of table app.u
-- blocked: rows of the table are values of column x4 of table app.u
-- blocked: rows of the table are values of column x5 of table app.u
-- blocked: rows of the table are values of column x6 of table app.u
-- blocked: rows of the table are values of column x7 of table app.u
-- blocked: rows of the table are values of column x8 of table app.w
CREATE DOMAIN app.d AS int CHECK (VALUE > 0); CREATE TABLE app.t1 (a int, b text); CREATE TABLE app.t2 (a varchar(5)); CREATE TABLE app.t3 (a int); CREATE TABLE app.t4 (a int, c int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.t5 (a int); CREATE TABLE app.t6 (a int); CREATE TABLE app.t7 (a int); CREATE TABLE app.t8 (a int); CREATE TYPE app.c AS (x app.t7);
CREATE TABLE app.u (x1 app.t1, x2 app.t2[], x3 app.t3, x4 app.t4, x5 app.t5, x6 app.t6, x7 app.c); CREATE TABLE app.w (x8 app.t8, y int);
-- =>
CREATE DOMAIN app.d AS int CHECK (VALUE > 0); CREATE TABLE app.t1 (a bigint, b text); CREATE TABLE app.t2 (a varchar(10)); CREATE TABLE app.t3 (a int, c int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.t4 (a int, c int GENERATED ALWAYS AS (a + 2) STORED); CREATE UNLOGGED TABLE app.t5 (a int); CREATE TABLE app.t6 (a int, c app.d, e int GENERATED ALWAYS AS IDENTITY); CREATE TABLE app.t7 (a bigint); CREATE TABLE app.t8 (a bigint); CREATE TYPE app.c AS (x app.t7);
CREATE TABLE app.u (x1 app.t1, x2 app.t2[], x3 app.t3, x4 app.t4, x5 app.t5, x6 app.t6, x7 app.c); CREATE TABLE app.w (y int);

-- == rows of tables are values of columns, and the tables get columns, with defaults too, and lose some
CREATE TABLE app.t1 (a int, b text); CREATE TABLE app.t2 (a int); CREATE TABLE app.t3 (a int); CREATE TABLE app.t4 (a int, b text); CREATE TABLE app.t5 (a int); CREATE TABLE app.gone (a int);
CREATE TABLE app.u (x1 app.t1, x2 app.t2[], x3 app.t3, x4 app.t4, x5 app.t5, y app.gone); INSERT INTO app.t3 SELECT i FROM generate_series(1, 100) i; CREATE VIEW app.v AS SELECT t5, a FROM app.t5; CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- =>
CREATE TABLE app.t1 (a int, b text, c int); CREATE TABLE app.t2 (a int, c int DEFAULT 3); CREATE TABLE app.t3 (a int, c int DEFAULT 3 NOT NULL, d timestamptz DEFAULT clock_timestamp()); CREATE TABLE app.t4 (a int); CREATE TABLE app.t5 (a int, c int DEFAULT 3);
CREATE TABLE app.u (x1 app.t1, x2 app.t2[], x3 app.t3, x4 app.t4, x5 app.t5); CREATE VIEW app.v AS SELECT t5, a FROM app.t5; CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE TABLE app.z (a int); CREATE TABLE app.b (x app.z, y app.z[]); CREATE TYPE app.c AS (x app.b); CREATE TABLE app.a (v app.c);
