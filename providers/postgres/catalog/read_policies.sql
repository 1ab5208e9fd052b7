-- Who may see and change which rows.

-- == policies
-- Role 0 is PUBLIC.
SELECT p.oid, p.polrelid, p.polname, p.polcmd, p.polpermissive,
       (SELECT json_agg(coalesce(r.rolname, 'PUBLIC') ORDER BY r.rolname) FROM unnest(p.polroles) u(oid) LEFT JOIN pg_roles r ON r.oid = u.oid),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), d.description
FROM pg_class c
JOIN pg_policy p ON p.polrelid = c.oid
LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass
WHERE c.relnamespace = $schemas
ORDER BY p.polrelid, p.polname;
