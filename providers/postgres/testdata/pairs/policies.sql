-- == row security
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); ALTER TABLE app.u ENABLE ROW LEVEL SECURITY; CREATE TABLE app.v (a int); ALTER TABLE app.v ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE TABLE app.w (a int); ALTER TABLE app.w FORCE ROW LEVEL SECURITY;
INSERT INTO app.t VALUES (1); INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.t (a int); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE TABLE app.u (a int); ALTER TABLE app.u ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE TABLE app.v (a int); ALTER TABLE app.v FORCE ROW LEVEL SECURITY; CREATE TABLE app.w (a int);
-- == add policies for all commands
CREATE TABLE app.t (a int, o name); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, o name); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON app.t USING (o = current_user); CREATE POLICY s ON app.t FOR SELECT TO reader USING (a > 0); CREATE POLICY i ON app.t FOR INSERT TO writer, reader WITH CHECK (a IN (1, 2));
CREATE POLICY u ON app.t FOR UPDATE USING (a > 0) WITH CHECK (a < 10); CREATE POLICY d ON app.t AS RESTRICTIVE FOR DELETE TO CURRENT_USER USING (false);
-- == drop policies
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0); CREATE POLICY q ON app.t FOR INSERT TO reader WITH CHECK (true); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int);
-- == change the condition of a policy
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0); CREATE POLICY q ON app.t FOR INSERT WITH CHECK (a > 0);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 1 AND a BETWEEN 0 AND 5); CREATE POLICY q ON app.t FOR INSERT WITH CHECK (a <> 0);
-- == change the roles of a policy
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t TO reader USING (true); CREATE POLICY q ON app.t USING (true);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t TO writer, owners USING (true); CREATE POLICY q ON app.t TO "o'dd @ ""role" USING (true);
-- == a policy for everybody again
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t TO reader, writer USING (true);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (true);
-- == change the command of a policy
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t FOR SELECT USING (true); COMMENT ON POLICY p ON app.t IS 'x';
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t FOR DELETE USING (true); COMMENT ON POLICY p ON app.t IS 'x';
-- == a policy becomes restrictive
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (true); CREATE POLICY q ON app.t AS RESTRICTIVE USING (true);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t AS RESTRICTIVE USING (true); CREATE POLICY q ON app.t USING (true);
-- == a condition of a policy comes and another goes
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0); CREATE POLICY q ON app.t USING (a > 0) WITH CHECK (a > 1); CREATE POLICY r ON app.t WITH CHECK (true); CREATE POLICY s ON app.t;
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0) WITH CHECK (a > 1); CREATE POLICY q ON app.t USING (a > 0); CREATE POLICY r ON app.t USING (true); CREATE POLICY s ON app.t FOR SELECT;
-- == comments on policies
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t; COMMENT ON POLICY p ON app.t IS 'x'; CREATE POLICY q ON app.t; COMMENT ON POLICY q ON app.t IS 'x'; CREATE POLICY r ON app.t;
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t; COMMENT ON POLICY p ON app.t IS 'it''s'; CREATE POLICY q ON app.t; CREATE POLICY r ON app.t; COMMENT ON POLICY r ON app.t IS '💥';
-- == names of policies that hurt
CREATE TABLE app."T t" ("A a" int); CREATE POLICY "P ""p""" ON app."T t" USING ("A a" > 0); INSERT INTO app."T t" VALUES (1);
-- =>
CREATE TABLE app."T t" ("A a" int); CREATE POLICY "P ""p""" ON app."T t" TO "o'dd @ ""role" USING ("A a" > 1); CREATE POLICY "select" ON app."T t"; CREATE POLICY "it's" ON app."T t" WITH CHECK ("A a" IS NULL); COMMENT ON POLICY "it's" ON app."T t" IS 'it''s';
-- == the same policy on two tables
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE POLICY p ON app.t USING (a > 0);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE POLICY p ON app.t USING (a > 1); CREATE POLICY p ON app.u USING (a > 2);
-- == a policy on a column that gets another type
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0); COMMENT ON POLICY p ON app.t IS 'x'; INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a bigint); CREATE POLICY p ON app.t USING (a > 0); COMMENT ON POLICY p ON app.t IS 'x';
-- == a policy on a column that gets another type changes
CREATE TABLE app.t (a text); CREATE POLICY p ON app.t USING (a = 'x'); INSERT INTO app.t VALUES ('1');
-- =>
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a = 1);
-- == a policy on a column that goes
CREATE TABLE app.t (a int, b int); CREATE POLICY p ON app.t USING (a > 0); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (b int);
-- == a policy leaves a column that goes
CREATE TABLE app.t (a int, b int); CREATE POLICY p ON app.t USING (a > 0); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (b int); CREATE POLICY p ON app.t USING (b > 0);
-- == a policy on a column that is new
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a > 0); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int NOT NULL DEFAULT 1); CREATE POLICY p ON app.t USING (a > 0 AND b > 0);
-- == a policy that looks up another table
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int, b int); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.u WHERE u.a = t.a));
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.v (a int); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.v WHERE v.a = t.a));
-- == a policy that looks up a column that gets another type
CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.u WHERE u.a = t.a)); INSERT INTO app.u VALUES (1);
-- =>
CREATE TABLE app.t (a int); CREATE TABLE app.u (a bigint); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.u WHERE u.a = t.a));
-- == policies that look up each other's table
CREATE TABLE app.x (a int);
-- =>
CREATE TABLE app.x (a int); CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.u WHERE u.a = t.a)); CREATE POLICY p ON app.u USING (a IN (SELECT t.a FROM app.t));
-- == a policy that calls a function that is made anew
CREATE TABLE app.t (a int); CREATE FUNCTION app.ok(x int) RETURNS boolean LANGUAGE sql AS 'SELECT x > 0'; CREATE POLICY p ON app.t USING (app.ok(a));
-- =>
CREATE TABLE app.t (a int); CREATE FUNCTION app.ok(x bigint) RETURNS boolean LANGUAGE sql AS 'SELECT x > 0'; CREATE POLICY p ON app.t USING (app.ok(a));
-- == a policy of a setting
CREATE TABLE app.t (a uuid); CREATE POLICY p ON app.t USING (a = current_setting('app.tenant')::uuid);
-- =>
CREATE TABLE app.t (a uuid); CREATE POLICY p ON app.t USING (a = (SELECT nullif(current_setting('app.tenant', true), '')::uuid)) WITH CHECK (a = current_setting('app.tenant')::uuid);
-- == two policies swap their names
CREATE TABLE app.t (a int); CREATE POLICY p ON app.t FOR SELECT USING (a > 0); CREATE POLICY q ON app.t FOR INSERT WITH CHECK (a > 1);
-- =>
CREATE TABLE app.t (a int); CREATE POLICY q ON app.t FOR SELECT USING (a > 0); CREATE POLICY p ON app.t FOR INSERT WITH CHECK (a > 1);
-- == a table with policies is made anew in another schema
CREATE TABLE app.t (a int); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON app.t USING (a > 0);
-- =>
CREATE SCHEMA two; CREATE TABLE two.t (a int); ALTER TABLE two.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON two.t USING (a > 0);
-- == a policy compares an enum that grows
CREATE TYPE app.e AS ENUM ('a'); CREATE TABLE app.t (a app.e); CREATE POLICY p ON app.t USING (a = 'a');
-- =>
CREATE TYPE app.e AS ENUM ('a', 'b'); CREATE TABLE app.t (a app.e); CREATE POLICY p ON app.t USING (a = 'b');
