-- From Postgres 18, that a column is not null is a constraint with a name.

-- == not_null
-- Those that say no more than the column does, under the usual name, do not come, nor do those that a child has of its parent;
-- of a partition all those that it has by itself do.
SELECT k.oid, k.conrelid, k.conkey[1], k.conname,
       NOT k.convalidated OR k.connoinherit OR EXISTS (SELECT FROM pg_description d WHERE d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass),
       k.conislocal
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.connamespace = $schemas AND k.contype = 'n' AND (k.conislocal OR c.relispartition) AND c.relkind IN ('r', 'p')
  AND (c.relispartition AND k.conislocal OR k.conname <> c.relname || '_' || a.attname || '_not_null' OR NOT k.convalidated OR k.connoinherit
       OR EXISTS (SELECT FROM pg_description d WHERE d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass));
