-- Who may do what.

-- == default_privileges
SELECT a.defaclrole, a.defaclnamespace, a.defaclobjtype, a.defaclacl::text
FROM pg_default_acl a
WHERE a.defaclnamespace = $schemas
ORDER BY a.defaclnamespace, a.defaclrole, a.defaclobjtype;

-- == privileges
-- Each different ACL once: thousands of tables share a few.
SELECT a.acl::text, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable
FROM (SELECT DISTINCT ON (u.acl::text) u.acl
      FROM (SELECT n.nspacl FROM pg_namespace n WHERE n.oid = $schemas
            UNION ALL SELECT c.relacl FROM pg_class c WHERE c.relnamespace = $schemas AND c.relacl IS NOT NULL
            UNION ALL SELECT coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc p WHERE p.pronamespace = $schemas
            UNION ALL SELECT f.defaclacl FROM pg_default_acl f WHERE f.defaclnamespace = $schemas) u(acl)
      WHERE u.acl IS NOT NULL
      ORDER BY u.acl::text) a
CROSS JOIN LATERAL aclexplode(a.acl) x
ORDER BY 1, 2, 3, 4;
