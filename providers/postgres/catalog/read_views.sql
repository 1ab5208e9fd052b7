-- Views, rules and event triggers.

-- == view_columns
SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), false, a.attidentity, a.attgenerated,
       pg_get_expr(f.adbin, f.adrelid), l.collname,
       CASE WHEN l.collnamespace <> 'pg_catalog'::regnamespace THEN (SELECT n.nspname FROM pg_namespace n WHERE n.oid = l.collnamespace) END,
       d.description, NULL
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum AND a.atthasdef
LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
      AND a.attcollation <> (SELECT t.typcollation FROM pg_type t WHERE t.oid = a.atttypid)
WHERE c.relnamespace = $schemas AND c.relkind IN ('v', 'm')
ORDER BY a.attrelid, a.attnum;

-- == views
-- The last column tells of what no attribute is for: settings of a materialised view's columns, and its clustering.
SELECT c.oid, pg_get_viewdef(c.oid), array_to_json(c.reloptions), c.relispopulated, m.amname, s.spcname,
       c.relkind = 'm' AND (EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                      AND (a.attstattarget >= 0 OR a.attstorage <> t.typstorage OR a.attcompression <> '' OR a.attoptions IS NOT NULL))
                            OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisclustered))
FROM pg_class c
LEFT JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relnamespace = $schemas AND c.relkind IN ('v', 'm')
  AND c.oid NOT IN (SELECT e.objid FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.deptype = 'e');

-- == rules
SELECT r.oid, r.ev_class, r.rulename, r.ev_type, r.is_instead, r.ev_enabled, pg_get_ruledef(r.oid), d.description
FROM pg_class c
JOIN pg_rewrite r ON r.ev_class = c.oid AND r.ev_type <> '1'
LEFT JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_rewrite'::regclass
WHERE c.relnamespace = $schemas
  AND r.oid NOT IN (SELECT e.objid FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_rewrite'::regclass AND e.deptype = 'e')
ORDER BY r.ev_class, r.rulename;

-- == view_privileges
SELECT c.oid, NULL::name, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable
FROM pg_class c, aclexplode(c.relacl) x
WHERE c.relnamespace = $schemas AND c.relkind IN ('v', 'm') AND x.grantee <> c.relowner
UNION ALL
SELECT c.oid, a.attname, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL, aclexplode(a.attacl) x
WHERE c.relnamespace = $schemas AND c.relkind IN ('v', 'm') AND x.grantee <> c.relowner
ORDER BY 1, 3, 2, 4;

-- == event_triggers
SELECT e.oid, e.evtname, e.evtevent, e.evtowner, n.oid, n.nspname, p.proname, e.evtenabled, array_to_json(e.evttags), d.description
FROM pg_event_trigger e
JOIN pg_proc p ON p.oid = e.evtfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_event_trigger'::regclass
WHERE e.oid NOT IN (SELECT x.objid FROM pg_depend x
                    WHERE x.refclassid = 'pg_extension'::regclass AND x.classid = 'pg_event_trigger'::regclass AND x.deptype = 'e')
ORDER BY e.evtname;
