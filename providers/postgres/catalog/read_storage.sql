-- How tables, columns and indexes are kept. Only what differs from the default comes.

-- == storage
SELECT c.oid, c.relpersistence = 'u', array_to_json(c.reloptions),
       (SELECT array_to_json(x.reloptions) FROM pg_class x WHERE x.oid = c.reltoastrelid AND x.reloptions IS NOT NULL),
       (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace),
       (SELECT m.amname FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'),
       c.relreplident, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'S')
  AND (c.relpersistence <> 'p' OR c.reloptions IS NOT NULL OR c.reltablespace <> 0 OR c.relrowsecurity OR c.relforcerowsecurity
       OR c.relkind <> 'S' AND c.relreplident <> 'd'
       OR c.relkind <> 'S' AND c.relam <> 0 AND c.relam <> (SELECT m.oid FROM pg_am m WHERE m.amname = 'heap')
       OR c.reltoastrelid <> 0 AND EXISTS (SELECT FROM pg_class x WHERE x.oid = c.reltoastrelid AND x.reloptions IS NOT NULL));

-- == column_storage
SELECT a.attrelid, a.attnum, a.attcompression, CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, array_to_json(a.attoptions)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p')
  AND (a.attcompression <> '' OR a.attstorage <> t.typstorage OR a.attstattarget >= 0 OR a.attoptions IS NOT NULL);

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
