-- Types of their own.

-- == types
SELECT t.oid, t.typname, t.typnamespace, t.typowner, t.typtype, d.description,
       (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_type t
LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_type'::regclass AND d.objsubid = 0
WHERE t.typnamespace = $schemas
  AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c')
  AND t.oid NOT IN (SELECT e.objid FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_type'::regclass AND e.deptype = 'e')
ORDER BY t.typnamespace, t.typname;

-- == domains
SELECT t.oid, format_type(t.typbasetype, t.typtypmod), l.collname, n.nspname, t.typnotnull,
       pg_get_expr(t.typdefaultbin, 'pg_type'::regclass),
       (SELECT json_agg(json_build_array(k.conname, pg_get_expr(k.conbin, 0), k.convalidated::text, d.description) ORDER BY k.conname)
        FROM pg_constraint k
        LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
        WHERE k.contypid = t.oid AND k.contype = 'c')
FROM pg_type t
JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_collation l ON l.oid = t.typcollation AND t.typcollation <> b.typcollation
LEFT JOIN pg_namespace n ON n.oid = l.collnamespace AND n.nspname <> 'pg_catalog'
WHERE t.typnamespace = $schemas AND t.typtype = 'd';

-- == attributes
SELECT t.oid, a.attname, format_type(a.atttypid, a.atttypmod), l.collname, n.nspname, d.description
FROM pg_type t
JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
      AND a.attcollation <> (SELECT b.typcollation FROM pg_type b WHERE b.oid = a.atttypid)
LEFT JOIN pg_namespace n ON n.oid = l.collnamespace AND n.nspname <> 'pg_catalog'
WHERE t.typnamespace = $schemas AND t.typtype = 'c'
ORDER BY t.oid, a.attnum;

-- == ranges
SELECT r.rngtypid, format_type(r.rngsubtype, NULL), o.opcdefault, o.opcname, s.nspname, l.collname, n.nspname,
       r.rngcanonical <> 0, r.rngsubdiff::text, m.typname
FROM pg_type t
JOIN pg_range r ON r.rngtypid = t.oid
JOIN pg_type b ON b.oid = r.rngsubtype
JOIN pg_type m ON m.oid = r.rngmultitypid
JOIN pg_opclass o ON o.oid = r.rngsubopc
LEFT JOIN pg_namespace s ON s.oid = o.opcnamespace AND s.nspname <> 'pg_catalog'
LEFT JOIN pg_collation l ON l.oid = r.rngcollation AND r.rngcollation <> b.typcollation
LEFT JOIN pg_namespace n ON n.oid = l.collnamespace AND n.nspname <> 'pg_catalog'
WHERE t.typnamespace = $schemas AND t.typtype = 'r';

-- == collations
-- The columns of the catalog have other names in other versions.
SELECT c.oid, c.collname, c.collnamespace, c.collowner, c.collprovider, c.collisdeterministic, c.collcollate, c.collctype,
       coalesce(to_jsonb(c)->>'colllocale', to_jsonb(c)->>'colliculocale'), to_jsonb(c)->>'collicurules',
       c.collversion, CASE WHEN c.collversion IS NOT NULL THEN pg_collation_actual_version(c.oid) END, d.description
FROM pg_collation c
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_collation'::regclass
WHERE c.collnamespace = $schemas
  AND c.collencoding IN (-1, (SELECT b.encoding FROM pg_database b WHERE b.datname = current_database()))
  AND c.oid NOT IN (SELECT e.objid FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_collation'::regclass AND e.deptype = 'e')
ORDER BY c.collnamespace, c.collname;
