-- How tables and indexes are kept, and what is said of constraints. Only what differs from the default comes.

-- == storage
SELECT c.oid, c.relpersistence = 'u', array_to_json(c.reloptions), array_to_json(x.reloptions),
       (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace),
       (SELECT m.amname FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'),
       c.relreplident, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c
LEFT JOIN pg_class x ON x.oid = c.reltoastrelid AND x.reloptions IS NOT NULL
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'S')
  AND (c.relpersistence <> 'p' OR c.reloptions IS NOT NULL OR c.reltablespace <> 0 OR c.relrowsecurity OR c.relforcerowsecurity
       OR x.oid IS NOT NULL OR c.relkind <> 'S' AND c.relreplident <> 'd'
       OR c.relkind <> 'S' AND c.relam <> 0 AND c.relam <> (SELECT m.oid FROM pg_am m WHERE m.amname = 'heap'));

-- == index_storage
-- The targets of keys that are expressions, by their numbers.
SELECT i.indrelid, i.indexrelid, (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace), i.indisclustered, i.indisreplident,
       CASE WHEN i.indexprs IS NOT NULL THEN
         (SELECT json_object_agg(a.attnum, a.attstattarget ORDER BY a.attnum) FROM pg_attribute a
          WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) END
FROM pg_class c
JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = $schemas AND c.relkind IN ('i', 'I')
  AND (c.reltablespace <> 0 OR i.indisclustered OR i.indisreplident OR i.indexprs IS NOT NULL);

-- == constraint_notes
SELECT k.conrelid, k.oid, d.description, $period, NOT $enforced
FROM pg_constraint k
LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
WHERE k.connamespace = $schemas AND k.conrelid <> 0 AND k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0
  AND (d.description IS NOT NULL OR $period OR NOT $enforced);
