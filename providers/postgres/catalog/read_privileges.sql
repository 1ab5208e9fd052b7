-- Who may do what.

-- == default_privileges
-- Those without a schema (namespace 0) hold in the whole database.
SELECT a.defaclrole, a.defaclnamespace, a.defaclobjtype, a.defaclacl::text
FROM pg_default_acl a
WHERE a.defaclnamespace = 0 OR a.defaclnamespace = $schemas
ORDER BY a.defaclnamespace, a.defaclrole, a.defaclobjtype;

-- == column_privileges
SELECT a.attrelid, a.attname, a.attacl::text
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = $schemas
ORDER BY a.attrelid, a.attnum;

-- == type_privileges
SELECT t.oid, coalesce(t.typacl, acldefault('T', t.typowner))::text
FROM pg_type t
WHERE t.typnamespace = $schemas AND t.typelem = 0;

-- == database_privileges
SELECT d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))::text
FROM pg_database d
WHERE d.datname = current_database();

-- == privileges
-- Each different ACL once: thousands of tables share a few. A role may be called PUBLIC, which is not everyone.
SELECT a.acl::text, CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN g.rolname = 'PUBLIC' THEN '"PUBLIC"' ELSE pg_get_userbyid(x.grantee) END,
       x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)
FROM (SELECT DISTINCT ON (u.acl::text) u.acl
      FROM (SELECT n.nspacl FROM pg_namespace n WHERE n.oid = $schemas
            UNION ALL SELECT c.relacl FROM pg_class c WHERE c.relnamespace = $schemas AND c.relacl IS NOT NULL
            UNION ALL SELECT a.attacl FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL WHERE c.relnamespace = $schemas
            UNION ALL SELECT coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc p WHERE p.pronamespace = $schemas
            UNION ALL SELECT coalesce(t.typacl, acldefault('T', t.typowner)) FROM pg_type t WHERE t.typnamespace = $schemas AND t.typelem = 0
            UNION ALL SELECT coalesce(d.datacl, acldefault('d', d.datdba)) FROM pg_database d WHERE d.datname = current_database()
            UNION ALL SELECT f.defaclacl FROM pg_default_acl f WHERE f.defaclnamespace = 0 OR f.defaclnamespace = $schemas) u(acl)
      WHERE u.acl IS NOT NULL
      ORDER BY u.acl::text) a
CROSS JOIN LATERAL aclexplode(a.acl) x
LEFT JOIN pg_roles g ON g.oid = x.grantee
ORDER BY 1, 2, 3, 4, 5;
