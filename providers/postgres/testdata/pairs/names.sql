-- == names that hurt
CREATE TABLE app."T 1" ("select" int, "Größe" text, "a""b" int); INSERT INTO app."T 1" VALUES (1, 'x', 2);
-- =>
CREATE TABLE app."T 1" ("select" int NOT NULL DEFAULT 3, "Größe" varchar(9), "a""b" bigint, "x""; DROP TABLE y; --" int, "${x}" int, "%{y}" int,
  CONSTRAINT "p k" PRIMARY KEY ("select"), CONSTRAINT "it's" CHECK ("Größe" <> 'it''s'), CONSTRAINT "U" UNIQUE ("a""b", "Größe"));
CREATE INDEX "I ""x""" ON app."T 1" (lower("Größe"), "x""; DROP TABLE y; --"); COMMENT ON COLUMN app."T 1"."a""b" IS 'it''s "quoted" ${x}';
CREATE TABLE app."group" ("order" int REFERENCES app."T 1" ("select")); CREATE TYPE app."E e" AS ENUM ('a b', '"', '''', 'é'); ALTER TABLE app."group" ADD e app."E e" DEFAULT 'a b';
-- == names of 63 bytes
CREATE TABLE app.x (a int);
-- =>
CREATE TABLE app.x (a int); CREATE TABLE app.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1 (yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy1 serial PRIMARY KEY, b int UNIQUE);
CREATE INDEX zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz1 ON app.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1 (b);
-- == a role whose name hurts owns and may
CREATE TABLE app.t (a int);
-- =>
CREATE TABLE app.t (a int); ALTER TABLE app.t OWNER TO "o'dd @ ""role";
-- == words of the language as names
CREATE TABLE app."user" ("table" int);
-- =>
CREATE TABLE app."user" ("table" int, "column" int, "end" int, "null" int, "true" int, "for" int, "in" int, "each" int); CREATE INDEX "index" ON app."user" ("end") WHERE "null" IS NULL;
