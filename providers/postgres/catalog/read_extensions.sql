-- Extensions, wherever their schema is: a database has each once.

-- == extensions
SELECT x.oid, x.extname, x.extnamespace, n.nspname, x.extowner, x.extversion, x.extrelocatable, d.description
FROM pg_extension x
JOIN pg_namespace n ON n.oid = x.extnamespace
LEFT JOIN pg_description d ON d.objoid = x.oid AND d.classoid = 'pg_extension'::regclass
ORDER BY x.extname;
