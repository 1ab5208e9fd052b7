-- One read of a database, sent as one message. Each section is one query; its name ties it to the Go function that
-- takes its rows. Parameters are in settings (tellr.environment, tellr.schemas), set before this text, because a message
-- of several statements carries no parameters.
--
-- $schemas stands for the namespaces in scope, as an array that is computed once in a query: a sub-select in FROM would
-- let the planner choose a join by statistics that a fresh schema does not have yet.

-- == ledger
-- Opens cursors on the ledger if there is one: a plain query would fail where it does not exist yet. The schemas of the
-- things that it remembers come into scope.
DO $tellr$
DECLARE
  objects refcursor := 'tellr_objects';
  canon   refcursor := 'tellr_canon';
  doubts  refcursor := 'tellr_doubts';
  "all"   text[];
  known   text[];
  roles   text[];
  others  text[];
  version int;
  maker   text;
  run     text := 'o.run';
  cluster text;
  -- A row that another transaction than its own wrote was copied: the ledger, or a part of it, was restored.
  copied  text := 'coalesce((o.tx::text::bigint & 4294967295)::text <> o.xmin::text, true)';
BEGIN
  -- Not everybody may ask for the cluster's number.
  IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN
    EXECUTE 'SELECT system_identifier::text FROM pg_control_system()' INTO cluster;
  END IF;
  PERFORM set_config('tellr.cluster', coalesce(cluster, ''), true);
  IF '*' = ANY (current_setting('tellr.schemas')::text[]) THEN
    SELECT array_agg(n.nspname ORDER BY n.nspname) INTO "all" FROM pg_namespace n
    WHERE n.nspname !~ '^(pg_|databricks_)' AND n.nspname NOT IN ('information_schema', '__db_system', 'tellr');
    PERFORM set_config('tellr.schemas', coalesce("all", '{}')::text, true);
  END IF;
  IF to_regclass('tellr.version') IS NULL THEN
    OPEN objects FOR SELECT 1 WHERE false;
    OPEN canon FOR SELECT 1 WHERE false;
    OPEN doubts FOR SELECT 1 WHERE false;
    RETURN;
  END IF;
  EXECUTE 'SELECT v.version, coalesce(to_jsonb(v)->>''tellr'', '''') FROM tellr.version v ORDER BY v.version DESC LIMIT 1' INTO version, maker;
  IF version > current_setting('tellr.ledger_version')::int THEN
    RAISE EXCEPTION '%', version USING ERRCODE = 'TL001', DETAIL = maker;
  END IF;
  IF version < 2 THEN -- an apply will bring it forward
    run := '''''';
    copied := 'false';
    OPEN doubts FOR SELECT 1 WHERE false;
  ELSE
    -- A run that is not over although nobody has the lock, was cut off.
    OPEN doubts FOR EXECUTE
      'SELECT r.id, r.who || coalesce(''@'' || nullif(r.host, ''''), ''''), to_char(r.started AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS"Z"''),
              s.address, s.title, s.action, to_char(s.started AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS"Z"'')
       FROM tellr.run r LEFT JOIN tellr.step s ON s.environment = r.environment AND s.run = r.id AND s.outcome IN (''running'', ''in doubt'')
       WHERE r.environment = current_setting(''tellr.environment'') AND r.outcome IN (''running'', ''in doubt'') AND r.settled IS NULL
         AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = ''advisory'' AND l.granted AND l.objsubid = 1
           AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND l.classid = ((current_setting(''tellr.lock'')::bigint >> 32) & 4294967295)::oid
           AND l.objid = (current_setting(''tellr.lock'')::bigint & 4294967295)::oid)
       ORDER BY r.started DESC, r.id, s.n';
  END IF;
  OPEN objects FOR EXECUTE
    'SELECT o.address, o.identity, o.attrs::text, o.source, o.protected, o.by,
            to_char(o.at AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS"Z"''), ' || run || ', ' || copied || '
     FROM tellr.object o WHERE o.environment = current_setting(''tellr.environment'') ORDER BY o.address';
  OPEN canon FOR EXECUTE
    'SELECT c.key, c.canonical FROM tellr.canon c WHERE c.environment = current_setting(''tellr.environment'')';
  EXECUTE
    'SELECT array_agg(DISTINCT o.schema) FROM tellr.object o
     WHERE o.environment = current_setting(''tellr.environment'')
       AND o.schema <> '''' AND o.schema !~ ''^pg_'' AND o.schema NOT IN (''information_schema'', ''__db_system'')'
    INTO known;
  PERFORM set_config('tellr.schemas', (current_setting('tellr.schemas')::text[] || known)::text, true);
  EXECUTE
    'SELECT array_agg(o.attrs->>''name'') FILTER (WHERE o.environment = current_setting(''tellr.environment'')),
            array_agg(o.identity) FILTER (WHERE o.environment <> current_setting(''tellr.environment''))
     FROM tellr.object o WHERE o.kind = ''role'''
    INTO roles, others;
  PERFORM set_config('tellr.roles', (current_setting('tellr.roles')::text[] || roles)::text, true),
          set_config('tellr.elsewhere', coalesce(others, '{}')::text, true);
END
$tellr$;

-- == objects
FETCH ALL FROM tellr_objects;

-- == canon
FETCH ALL FROM tellr_canon;

-- == doubts
FETCH ALL FROM tellr_doubts;

-- == session
SELECT current_user, current_setting('server_version_num'), current_database(),
       has_database_privilege(current_database(), 'CREATE'),
       r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
       (SELECT s.spcname FROM pg_database b JOIN pg_tablespace s ON s.oid = b.dattablespace AND s.spcname <> 'pg_default'
        WHERE b.datname = current_database()),
       (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()), current_setting('tellr.cluster')
FROM pg_roles r WHERE r.rolname = current_user;

-- == roles
SELECT r.oid, r.rolname, r.rolsuper, pg_has_role(r.oid, 'USAGE'), pg_has_role(r.oid, $set_role),
       pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'), r.rolinherit, r.rolcreaterole
FROM pg_roles r;

-- == schemas
SELECT n.oid, n.nspname, n.nspowner, d.description, n.nspacl::text, has_schema_privilege(n.oid, 'CREATE')
FROM pg_namespace n
LEFT JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass
WHERE n.oid = $schemas
ORDER BY n.nspname;

-- == relations
-- A table that was never analysed says -1 rows, and one that was analysed while it was empty says that it has no pages,
-- whatever came since: the size on disk then tells an empty one from a full one.
SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.reltuples::bigint,
       CASE WHEN (c.reltuples < 0 OR c.relpages = 0) AND c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE c.relpages::bigint * 8192 END,
       d.description, c.relacl::text, c.relispartition,
       (c.relhassubclass OR c.relispartition) AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
FROM pg_class c
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  AND c.oid NOT IN (SELECT e.objid FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.deptype = 'e')
ORDER BY c.relnamespace, c.relname;

-- == columns
SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       pg_get_expr(f.adbin, f.adrelid), l.collname,
       CASE WHEN l.collnamespace <> 'pg_catalog'::regnamespace THEN (SELECT n.nspname FROM pg_namespace n WHERE n.oid = l.collnamespace) END,
       d.description,
       CASE WHEN a.attcompression <> '' OR a.attstattarget >= 0 OR a.attoptions IS NOT NULL OR a.attstorage <> t.typstorage THEN
         json_build_array(a.attcompression, CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
                          CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END, array_to_json(a.attoptions)::text) END
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum AND a.atthasdef
LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
      AND a.attcollation <> t.typcollation
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p')
ORDER BY a.attrelid, a.attnum;

-- == constraints
-- Not-null constraints (from Postgres 18) are the column's not_null. A foreign key to a partitioned table has one more for
-- each partition of that, which is no constraint of its own.
SELECT k.oid, k.conrelid, k.conname, k.contype, k.conkey::text, k.conindid, k.condeferrable, k.condeferred, k.convalidated,
       k.connoinherit, k.confrelid, k.confkey::text, k.confupdtype, k.confdeltype, k.confmatchtype, k.confdelsetcols::text,
       CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) WHEN 'x' THEN pg_get_constraintdef(k.oid) END
FROM pg_constraint k
WHERE k.connamespace = $schemas AND k.conrelid <> 0 AND k.contype IN ('p', 'u', 'f', 'c', 'x')
  AND (k.conparentid = 0 OR (SELECT p.conrelid FROM pg_constraint p WHERE p.oid = k.conparentid) <> k.conrelid)
ORDER BY k.conrelid, k.conname;

-- == indexes
-- An index that backs a constraint is read for its key and included columns only.
SELECT i.indexrelid, i.indrelid, c.relname, i.indisunique, i.indisvalid AND i.indisready, i.indnkeyatts, i.indkey::text,
       i.indnullsnotdistinct, c.relpages::bigint * 8192, d.description, k.oid IS NOT NULL, m.amname,
       array_to_json(c.reloptions), CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid) END
FROM pg_class c
JOIN pg_index i ON i.indexrelid = c.oid
JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE c.relnamespace = $schemas AND c.relkind IN ('i', 'I')
ORDER BY i.indrelid, c.relname;

-- == outside
-- What foreign keys point to outside the schemas in scope.
SELECT a.attrelid, n.nspname, c.relname, a.attnum, a.attname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid IN (SELECT k.confrelid FROM pg_constraint k JOIN pg_class r ON r.oid = k.confrelid
                WHERE k.contype = 'f' AND k.connamespace = $schemas AND r.relnamespace <> ALL (ARRAY($namespaces)))
ORDER BY a.attrelid, a.attnum;

-- == sequences
-- deptype a: OWNED BY a column; i: the column is an identity. The text is what the default of a serial column reads.
SELECT s.seqrelid, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       o.refobjid, o.refobjsubid, o.deptype, format('nextval(%L::regclass)', s.seqrelid::regclass)
FROM pg_class c
JOIN pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
      AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
WHERE c.relnamespace = $schemas;
