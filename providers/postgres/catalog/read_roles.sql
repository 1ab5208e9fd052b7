-- Roles are the cluster's; what is read here is of those that a role block declares, or that the ledger remembers.

-- == role_attributes
SELECT r.oid, r.rolcanlogin, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls, r.rolconnlimit,
       CASE WHEN isfinite(r.rolvaliduntil) THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END,
       shobj_description(r.oid, 'pg_authid'), array_to_json(r.rolconfig),
       (SELECT array_to_json(s.setconfig) FROM pg_db_role_setting s
        WHERE s.setrole = r.oid AND s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())),
       r.oid::text = ANY (current_setting('tellr.elsewhere')::text[])
FROM pg_roles r
WHERE r.rolname = ANY (current_setting('tellr.roles')::text[]);

-- == role_members
SELECT m.roleid, m.member, m.grantor, m.admin_option, $member_options
FROM pg_auth_members m
WHERE EXISTS (SELECT FROM pg_roles r WHERE r.oid IN (m.roleid, m.member) AND r.rolname = ANY (current_setting('tellr.roles')::text[]))
ORDER BY m.roleid, m.member, m.grantor;

-- == role_objects
-- What the roles own here, the first of it by name. Default privileges go with the
-- role, and the sequences of columns with their tables.
SELECT o.refobjid, o.objid, CASE WHEN o.n <= 8 THEN pg_describe_object(o.classid, o.objid, 0) END
FROM (SELECT d.refobjid, d.classid, d.objid, row_number() OVER (PARTITION BY d.refobjid ORDER BY d.classid, d.objid) AS n
      FROM pg_shdepend d
      WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND d.classid <> 'pg_default_acl'::regclass
        AND NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = d.classid AND p.objid = d.objid AND p.objsubid = 0 AND p.deptype IN ('a', 'i')
                          AND p.refclassid = 'pg_class'::regclass)
        AND d.dbid IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))
        AND d.refobjid IN (SELECT r.oid FROM pg_roles r WHERE r.rolname = ANY (current_setting('tellr.roles')::text[]))) o
ORDER BY o.refobjid, o.n;

-- == role_elsewhere
-- What keeps the roles in other databases: things that they own, and privileges.
SELECT d.refobjid, b.datname, count(*)
FROM pg_shdepend d
JOIN pg_database b ON b.oid = d.dbid
WHERE d.refclassid = 'pg_authid'::regclass AND b.datname <> current_database()
  AND d.refobjid IN (SELECT r.oid FROM pg_roles r WHERE r.rolname = ANY (current_setting('tellr.roles')::text[]))
GROUP BY d.refobjid, b.datname
ORDER BY d.refobjid, b.datname;
