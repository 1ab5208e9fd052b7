-- Names that hurt: quotes, spaces, capitals, unicode, 63 bytes, keywords, dots, semicolons.
-- want schema.s {"name": "a \"b\".c; DROP"}
-- want table.t {"schema": "a \"b\".c; DROP", "name": "Täble \"x\".y"}
-- want table.k {"schema": "a \"b\".c; DROP", "name": "select"}
-- want table.l {"schema": "a \"b\".c; DROP", "name": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
-- want trigger.g {"table": "\"a \"\"b\"\".c; DROP\".\"Täble \"\"x\"\".y\"", "name": "tr ig"}
-- want sequence.q {"schema": "a \"b\".c; DROP", "name": "se\\q'"}
-- want enum.e {"schema": "a \"b\".c; DROP", "name": "e,{}"}
CREATE SCHEMA "a ""b"".c; DROP";
SET search_path = "a ""b"".c; DROP";
CREATE TABLE "Täble ""x"".y" ("İd'" serial PRIMARY KEY, "a b" text DEFAULT $$'; \ "$$, "user" integer, "select" integer CHECK ("select" > 0));
CREATE INDEX "ix ""1""" ON "Täble ""x"".y" ("a b", "user" DESC);
CREATE TABLE "select" ("from" integer REFERENCES "Täble ""x"".y");
CREATE TABLE xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (ääääääääääääääääääääääääääääääx serial);
CREATE FUNCTION "F()"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "tr ig" BEFORE UPDATE OF "a b", "user" ON "Täble ""x"".y" FOR EACH ROW WHEN (OLD."a b" = ' WHEN (') EXECUTE FUNCTION "F()"('a', 'b''c', '');
CREATE SEQUENCE "se\q'";
CREATE TYPE "e,{}" AS ENUM ('a,b', '"', '{', 'ü');
