-- Makes the ledger where it is not there yet, and brings an older one to the present version. It runs in the
-- transaction of the work that it records. Version 1 is the first: a later one adds an IF version < 2 block.
DO $tellr$
BEGIN
  IF to_regclass('tellr.version') IS NOT NULL THEN
    RETURN;
  END IF;
  -- Two environments may be the first here at the same time. Nothing is locked after this, so nobody waits in a circle.
  PERFORM pg_advisory_xact_lock(7821647125412907636);
  IF to_regclass('tellr.version') IS NOT NULL THEN
    RETURN;
  END IF;
  IF to_regnamespace('tellr') IS NULL THEN
    CREATE SCHEMA tellr;
    COMMENT ON SCHEMA tellr IS 'What tellr did here, and what it last applied. Losing it loses history and nothing else.';
  END IF;
  REVOKE ALL ON SCHEMA tellr FROM PUBLIC;

  CREATE TABLE tellr.version (
    version integer PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE tellr.run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL,
    stage       text NOT NULL,
    plan        text NOT NULL, -- its SHA-256; empty if it is not known
    who         text NOT NULL,
    version     text NOT NULL, -- of tellr
    started     timestamptz NOT NULL,
    ended       timestamptz NOT NULL,
    outcome     text NOT NULL  -- done, failed, interrupted, rolled back
  );
  CREATE TABLE tellr.step (
    run       bigint NOT NULL REFERENCES tellr.run ON DELETE CASCADE,
    n         integer NOT NULL,
    address   text NOT NULL,
    statement text NOT NULL, -- SHA-256 of its statements, holes unfilled
    started   timestamptz NOT NULL,
    ended     timestamptz NOT NULL,
    outcome   text NOT NULL, -- done, failed, rolled back
    error     text,
    PRIMARY KEY (run, n)
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
  REVOKE ALL ON ALL TABLES IN SCHEMA tellr FROM PUBLIC;
  INSERT INTO tellr.version (version) VALUES (1);
END
$tellr$;

-- Each object knows the transaction that wrote it. In a row that a restore brought back that is not the one that the row
-- itself is of, so what it says of the past is not taken for true (see tellr_objects in the catalog's read.sql). A tellr
-- before this writes rows without it, which then count as copied until they are written again.
DO $tellr$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'tellr.object'::regclass AND a.attname = 'tx') THEN
    ALTER TABLE tellr.object ADD COLUMN tx xid8;
    UPDATE tellr.object SET tx = pg_current_xact_id();
  END IF;
END
$tellr$;
