-- == rows of a table are values of a column and a column gets another type
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a bigint, b text); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of an array and a column is widened
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a varchar(5), b text); CREATE TABLE app.u (x app.t[]);
-- =>
CREATE TABLE app.t (a varchar(10), b text); CREATE TABLE app.u (x app.t[]);

-- == rows of a table are values of a column and a column is added
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int, b text, c int); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and a column with a default is added
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int, b text, c int DEFAULT 3); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and a volatile default is added
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int, b text, c timestamptz DEFAULT clock_timestamp()); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and a stored column is added
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int, b text, c int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and a column is dropped
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and a stored column gets another expression
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a int, b text, c int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int, b text, c int GENERATED ALWAYS AS (a + 2) STORED); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and it becomes unlogged
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE UNLOGGED TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and that goes as the type changes
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t, y int);
-- =>
CREATE TABLE app.t (a bigint, b text); CREATE TABLE app.u (y int);

-- == rows of a table are values of a composite type and a column gets another type
-- blocked: rows of the table are values of column v of table app.u
CREATE TABLE app.t (a int, b text); CREATE TYPE app.c AS (x app.t); CREATE TABLE app.u (v app.c);
-- =>
CREATE TABLE app.t (a bigint, b text); CREATE TYPE app.c AS (x app.t); CREATE TABLE app.u (v app.c);

-- == rows of a table are values of a column and the table goes
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t, y int);
-- =>
CREATE TABLE app.u (y int);

-- == rows of a table are values of a column and a column of a domain that refuses is added
-- blocked: rows of the table are values of column x of table app.u
CREATE DOMAIN app.d AS int CHECK (VALUE > 0); CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE DOMAIN app.d AS int CHECK (VALUE > 0); CREATE TABLE app.t (a int, b text, c app.d); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and an identity is added
-- blocked: rows of the table are values of column x of table app.u
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t);
-- =>
CREATE TABLE app.t (a int, b text, c int GENERATED ALWAYS AS IDENTITY); CREATE TABLE app.u (x app.t);

-- == rows of a table are values of a column and a default is added to its rows
CREATE TABLE app.t (a int, b text); CREATE TABLE app.u (x app.t); INSERT INTO app.t SELECT i FROM generate_series(1, 100) i;
-- =>
CREATE TABLE app.t (a int, b text, c int DEFAULT 3 NOT NULL); CREATE TABLE app.u (x app.t);

-- == rows of a view are values of an argument and a column is added to the table
CREATE TABLE app.t (a int, b text); CREATE VIEW app.v AS SELECT t, a FROM app.t; CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- =>
CREATE TABLE app.t (a int, b text, c int DEFAULT 3); CREATE VIEW app.v AS SELECT t, a FROM app.t; CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;

-- == a new table has a column of the rows of another new one
-- =>
CREATE TABLE app.z (a int); CREATE TABLE app.b (x app.z, y app.z[]); CREATE TYPE app.c AS (x app.b); CREATE TABLE app.a (v app.c);
