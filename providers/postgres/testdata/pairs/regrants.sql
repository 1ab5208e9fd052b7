-- == a view is made anew as a role gets more of it
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; CREATE VIEW app.w AS SELECT a FROM app.v; GRANT SELECT ON app.v TO reader;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT b FROM app.t; CREATE VIEW app.w AS SELECT b FROM app.v; GRANT SELECT ON app.v TO reader, writer; GRANT INSERT ON app.v TO reader;

-- == a view is made anew as a role gets less of it
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; GRANT SELECT, INSERT ON app.v TO reader, writer WITH GRANT OPTION;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT b FROM app.t; GRANT SELECT, INSERT ON app.v TO reader; GRANT SELECT ON app.v TO writer WITH GRANT OPTION;

-- == a view is made anew without a column of which a role that no block names has something
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; GRANT SELECT (a, b) ON app.v TO owners;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT b FROM app.t; GRANT SELECT (b) ON app.v TO owners;

-- == a column goes with its privileges
CREATE TABLE app.t (a int, b int, c int); GRANT SELECT (a, b), UPDATE (b) ON app.t TO reader;
-- =>
CREATE TABLE app.t (a int, c int); GRANT SELECT (a, c), UPDATE (c) ON app.t TO reader;

-- == a view is made anew under another name as roles get more of it
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; GRANT SELECT ON app.v TO reader;
-- =>
CREATE TABLE app.t (a int, b int); CREATE VIEW app.w AS SELECT b FROM app.t; GRANT SELECT ON app.w TO writer, reader;

-- == a view becomes a table as roles get more of it
CREATE TABLE app.t (a int, b int); CREATE VIEW app.v AS SELECT a, b FROM app.t; GRANT SELECT ON app.v TO reader;
-- =>
CREATE TABLE app.t (a int, b int); CREATE TABLE app.v (a int); GRANT SELECT ON app.v TO writer; GRANT SELECT (a) ON app.v TO reader;

-- == a view that a role by default, but not here, may read is made anew
CREATE TABLE app.t (a int, b int); ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO owners; ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO writer; CREATE VIEW app.v AS SELECT a, b FROM app.t; REVOKE ALL ON app.v FROM owners, writer;
-- =>
CREATE TABLE app.t (a int, b int); ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO owners; ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO writer; CREATE VIEW app.v AS SELECT b FROM app.t; REVOKE ALL ON app.v FROM owners, writer;
