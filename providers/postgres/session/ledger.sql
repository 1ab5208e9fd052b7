-- Makes the ledger where it is not there yet, and brings an older one to the present version. It runs in the
-- transaction of the work that it records. An IF block for each version brings it there from the one before, so that a
-- ledger that was made yesterday and one that grew are the same.
DO $tellr$
DECLARE
  have  integer := 0;
  made  boolean := false;
  grown record;
BEGIN
  IF to_regclass('tellr.version') IS NOT NULL THEN
    SELECT max(v.version) INTO have FROM tellr.version v;
    IF have >= 2 THEN
      RETURN;
    END IF;
  END IF;
  -- Two environments may be the first here at the same time. Nothing is locked after this, so nobody waits in a circle.
  PERFORM pg_advisory_xact_lock(7821647125412907636);
  IF to_regclass('tellr.version') IS NOT NULL THEN
    SELECT max(v.version) INTO have FROM tellr.version v;
  END IF;

  IF have < 1 THEN
    IF to_regnamespace('tellr') IS NULL THEN
      CREATE SCHEMA tellr;
      made := true;
      COMMENT ON SCHEMA tellr IS 'What tellr did here, and what it last applied. Losing it loses history and nothing else.';
    END IF;
    REVOKE ALL ON SCHEMA tellr FROM PUBLIC;

    CREATE TABLE tellr.version (
      version integer PRIMARY KEY,
      at      timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE tellr.run (
      id          text NOT NULL,
      environment text NOT NULL,
      plan        text NOT NULL, -- its SHA-256; empty if it is not known
      who         text NOT NULL,
      version     text NOT NULL, -- of tellr
      started     timestamptz NOT NULL,
      ended       timestamptz,
      outcome     text NOT NULL
    );
    CREATE TABLE tellr.step (
      run     text NOT NULL,
      n       integer NOT NULL,
      address text NOT NULL,
      started timestamptz,
      ended   timestamptz,
      outcome text NOT NULL,
      error   text
    );
    CREATE TABLE tellr.object (
      environment text NOT NULL,
      address     text NOT NULL,
      kind        text NOT NULL,
      schema      text NOT NULL, -- in which it stands; empty if in none
      identity    text NOT NULL, -- an OID, or what a platform has; empty if there is none
      attrs       jsonb NOT NULL,
      source      text NOT NULL, -- a fingerprint of the attributes as the files had them
      protected   boolean NOT NULL,
      by          text NOT NULL,
      at          timestamptz NOT NULL,
      PRIMARY KEY (environment, address)
    );
    -- What the files say, put into the server's own form once and not asked again.
    CREATE TABLE tellr.canon (
      environment text NOT NULL,
      key         text NOT NULL, -- a hash of the expression and of what it depends on
      canonical   text NOT NULL,
      PRIMARY KEY (environment, key)
    );
  ELSIF have < 2 THEN
    -- Version 1 had a run for each stage, numbered, and of the statements only their hash.
    ALTER TABLE tellr.step DROP CONSTRAINT step_run_fkey, DROP CONSTRAINT step_pkey;
    ALTER TABLE tellr.run DROP CONSTRAINT run_pkey;
    ALTER TABLE tellr.run ALTER id DROP IDENTITY;
    ALTER TABLE tellr.run ALTER id TYPE text, ALTER ended DROP NOT NULL;
    ALTER TABLE tellr.step ALTER run TYPE text, ALTER started DROP NOT NULL, ALTER ended DROP NOT NULL;
  END IF;

  IF have < 2 THEN
    -- Which tellr made a version, so that an older one can say what to install.
    ALTER TABLE tellr.version ADD tellr text;

    -- One apply is one run. A run whose outcome is "running" although nobody holds the lock, was cut off.
    ALTER TABLE tellr.run
      ADD destroy boolean NOT NULL DEFAULT false,
      ADD host    text NOT NULL DEFAULT '',
      ADD login   text NOT NULL DEFAULT '', -- the role that wrote it
      ADD command text NOT NULL DEFAULT '', -- its shape: no values
      ADD commit  text NOT NULL DEFAULT '',
      ADD dirty   boolean NOT NULL DEFAULT false,
      ADD seen    timestamptz NOT NULL DEFAULT now(), -- its last word
      ADD settled timestamptz; -- when the world was read after it, if it did not end
    ALTER TABLE tellr.step
      ADD environment text NOT NULL DEFAULT '',
      ADD id         text NOT NULL DEFAULT '', -- of the plan's step
      ADD title      text NOT NULL DEFAULT '',
      ADD action     text NOT NULL DEFAULT '',
      ADD stage      text NOT NULL DEFAULT '',
      ADD system     text NOT NULL DEFAULT '',
      ADD statements text[], -- holes unfilled
      ADD call       text NOT NULL DEFAULT '',
      ADD lost       text NOT NULL DEFAULT ''; -- what it destroyed for good
    IF have = 1 THEN
      UPDATE tellr.step s SET environment = r.environment, stage = r.stage, id = s.address FROM tellr.run r WHERE r.id = s.run;
      UPDATE tellr.run SET outcome = 'failed' WHERE outcome = 'rolled back';
      UPDATE tellr.run SET host = substring(who FROM '[^@]*$'), who = substring(who FROM '^(.*)@') WHERE who LIKE '%@%';
      ALTER TABLE tellr.run DROP stage;
      ALTER TABLE tellr.step DROP statement;
    END IF;
    ALTER TABLE tellr.run ADD PRIMARY KEY (environment, id);
    ALTER TABLE tellr.step ADD PRIMARY KEY (environment, run, n),
      ADD FOREIGN KEY (environment, run) REFERENCES tellr.run (environment, id) ON DELETE CASCADE;
    CREATE INDEX run_started ON tellr.run (environment, started);
    -- What a run did to each thing.
    CREATE TABLE tellr.change (
      environment text NOT NULL,
      run         text NOT NULL,
      address     text NOT NULL,
      action      text NOT NULL,
      before      jsonb, -- NULL if it was not there
      after       jsonb, -- NULL if it is gone
      moved       boolean NOT NULL, -- before is not what the ledger had
      partial     boolean NOT NULL, -- not all of it was done
      PRIMARY KEY (environment, run, address),
      FOREIGN KEY (environment, run) REFERENCES tellr.run (environment, id) ON DELETE CASCADE
    );
    -- Each object knows the transaction that wrote it. In a row that a restore brought back that is not the one that the
    -- row itself is of, so what it says of the past is not taken for true (see tellr_objects in the catalog's read.sql).
    ALTER TABLE tellr.object
      ADD run text NOT NULL DEFAULT '', -- the last that changed it
      ADD tx  xid8;
    UPDATE tellr.object SET tx = pg_current_xact_id();
    INSERT INTO tellr.version (version, tellr) VALUES (2, current_setting('tellr.version'));
  END IF;

  -- Default privileges of whoever makes a table may give it to others. What is new belongs to the deployers: to those who
  -- were let in to schema tellr, or to the tables that were there before, and else to nobody.
  FOR grown IN
    SELECT c.relname, a.grantee FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = 'tellr'::regnamespace AND c.relkind = 'r' AND a.grantee <> c.relowner AND (have = 0 OR c.relname = 'change')
      AND NOT EXISTS (SELECT FROM pg_default_acl d, aclexplode(d.defaclacl) p
                      WHERE d.defaclnamespace = 'tellr'::regnamespace AND d.defaclrole = c.relowner AND p.grantee = a.grantee)
    UNION SELECT NULL, a.grantee FROM pg_namespace n, aclexplode(n.nspacl) a
    WHERE made AND n.nspname = 'tellr' AND a.grantee <> n.nspowner
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM %s CASCADE', coalesce('TABLE tellr.' || quote_ident(grown.relname), 'SCHEMA tellr'),
      coalesce((SELECT quote_ident(r.rolname) FROM pg_roles r WHERE r.oid = grown.grantee), 'PUBLIC'));
  END LOOP;
  FOR grown IN
    SELECT DISTINCT r.rolname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.oid = 'tellr.run'::regclass AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') AND have > 0
  LOOP
    EXECUTE format('GRANT %s ON tellr.change TO %I', grown.privilege_type, grown.rolname);
  END LOOP;
END
$tellr$;
