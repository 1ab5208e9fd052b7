-- Primary keys, unique constraints, checks and foreign keys with every option; a key into a schema out of scope.
-- want table.parent {"schema": "app", "name": "parent"}
-- want table.child {"schema": "app", "name": "child"}
-- want table.named {"schema": "app", "name": "named"}
CREATE SCHEMA app;
CREATE SCHEMA "Other";
CREATE TABLE "Other"."Far" (x integer, "Y" integer, PRIMARY KEY ("Y", x));
CREATE TABLE app.parent (
  a integer, b integer, c integer, d integer, e text,
  PRIMARY KEY (b, a),
  CONSTRAINT u1 UNIQUE (c) INCLUDE (d, e),
  CONSTRAINT u2 UNIQUE NULLS NOT DISTINCT (d),
  CONSTRAINT u3 UNIQUE (a, d) DEFERRABLE,
  CONSTRAINT u4 UNIQUE (d, a) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT c1 CHECK (a > 0 AND b IN (1, 2, 3)),
  CONSTRAINT c2 CHECK (e <> '') NO INHERIT,
  CONSTRAINT c4 CHECK (1 = 1)
);
ALTER TABLE app.parent ADD CONSTRAINT c3 CHECK (d > 0) NOT VALID;
CREATE TABLE app.named (id integer CONSTRAINT "the key" PRIMARY KEY, other integer UNIQUE);
CREATE TABLE app.child (
  a integer, b integer, c integer, d integer REFERENCES app.named,
  CONSTRAINT f1 FOREIGN KEY (b, a) REFERENCES app.parent ON DELETE CASCADE ON UPDATE SET NULL,
  CONSTRAINT f2 FOREIGN KEY (a, b) REFERENCES app.parent (b, a) MATCH FULL ON DELETE RESTRICT,
  CONSTRAINT f3 FOREIGN KEY (b, a) REFERENCES app.parent ON DELETE SET NULL (a),
  CONSTRAINT f4 FOREIGN KEY (c) REFERENCES app.parent (c) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT f5 FOREIGN KEY (c) REFERENCES app.parent (c) ON DELETE SET DEFAULT DEFERRABLE,
  CONSTRAINT f6 FOREIGN KEY (a, b) REFERENCES "Other"."Far"
);
ALTER TABLE app.child ADD CONSTRAINT f7 FOREIGN KEY (c) REFERENCES app.named (other) NOT VALID;
