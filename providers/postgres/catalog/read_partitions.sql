-- Partitions and inheritance.

-- == partitions
SELECT c.oid, pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END
FROM pg_class c
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'f') AND (c.relispartition OR c.relkind = 'p');

-- == parents
SELECT i.inhrelid, i.inhparent, n.nspname, p.relname, i.inhdetachpending
FROM pg_class c
JOIN pg_inherits i ON i.inhrelid = c.oid
JOIN pg_class p ON p.oid = i.inhparent
JOIN pg_namespace n ON n.oid = p.relnamespace
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'f')
ORDER BY i.inhrelid, i.inhseqno;

-- == inherited_columns
SELECT a.attrelid, a.attnum
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attislocal
WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p');

-- == inherited_constraints
-- What a partition has of its parent, and what a child has of its parent and does not say itself.
SELECT k.conrelid, k.oid
FROM pg_constraint k
WHERE k.connamespace = $schemas AND k.conrelid <> 0 AND (k.coninhcount > 0 AND NOT k.conislocal OR k.conparentid <> 0);

-- == inherited_indexes
SELECT i.indrelid, i.indexrelid, p.relname
FROM pg_class c
JOIN pg_index i ON i.indexrelid = c.oid
JOIN pg_inherits h ON h.inhrelid = c.oid
JOIN pg_class p ON p.oid = h.inhparent
WHERE c.relnamespace = $schemas AND c.relkind IN ('i', 'I') AND c.relispartition;

-- == outside_partitions
-- Partitions in schemas that are not read.
SELECT i.inhparent, n.nspname, k.relname
FROM pg_class c
JOIN pg_inherits i ON i.inhparent = c.oid
JOIN pg_class k ON k.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = k.relnamespace
WHERE c.relnamespace = $schemas AND c.relkind = 'p' AND k.relnamespace <> ALL (ARRAY($namespaces));
