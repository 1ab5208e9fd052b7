-- A wanted name that something else has, and things of other owners: said, with what to do.
-- as deployer
-- want table.v {"schema": "app", "name": "v"}
-- want table.e {"schema": "app", "name": "e"}
-- want table.ix {"schema": "app", "name": "ix"}
-- want table.parted {"schema": "app", "name": "parted"}
-- want table.part {"schema": "app", "name": "part"}
-- want table.theirs {"schema": "app", "name": "theirs"}
-- want table.mine {"schema": "app", "name": "mine"}
-- want table.group {"schema": "app", "name": "ours"}
-- want sequence.t {"schema": "app", "name": "theirs"}
-- want sequence.i {"schema": "app", "name": "ident_a_seq"}
-- want enum.t {"schema": "app", "name": "theirs"}
-- want function.p {"schema": "app", "name": "p", "sole": true}
DO $$ BEGIN CREATE ROLE deployer LOGIN; CREATE ROLE "Them"; CREATE ROLE team; GRANT team TO deployer; EXCEPTION WHEN duplicate_object THEN END $$;
CREATE SCHEMA app;
GRANT CREATE, USAGE ON SCHEMA app TO deployer, "Them", team;
CREATE VIEW app.v AS SELECT 1 AS one;
CREATE TYPE app.e AS ENUM ('a');
CREATE TABLE app.theirs (id integer PRIMARY KEY);
CREATE INDEX ix ON app.theirs (id);
CREATE TABLE app.parted (a integer) PARTITION BY LIST (a);
CREATE TABLE app.part PARTITION OF app.parted DEFAULT;
CREATE TABLE app.ident (a integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE app.mine ();
CREATE TABLE app.ours ();
CREATE PROCEDURE app.p() LANGUAGE sql AS '';
ALTER TABLE app.theirs OWNER TO "Them";
ALTER TABLE app.mine OWNER TO deployer;
ALTER TABLE app.ours OWNER TO team;
ALTER TABLE app.part OWNER TO deployer;
