-- Extended statistics.

-- == statistics
SELECT s.oid, s.stxrelid, s.stxname, s.stxnamespace <> c.relnamespace, n.nspname, s.stxkeys::text,
       to_json(pg_get_statisticsobjdef_expressions(s.oid)), array_to_json(s.stxkind), s.stxstattarget, d.description
FROM pg_class c
JOIN pg_statistic_ext s ON s.stxrelid = c.oid
JOIN pg_namespace n ON n.oid = s.stxnamespace
LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass
WHERE c.relnamespace = $schemas
ORDER BY s.stxrelid, s.stxname;
