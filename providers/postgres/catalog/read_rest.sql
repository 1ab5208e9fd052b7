-- What stands in the way of a change, and what no kind is for.

-- == dependents
-- What is built on functions, and on types and collations that cannot be changed in place: a hundred of each, to be
-- named. What can be taken away and put back without loss comes with the statements that do so.
SELECT o.class, o.oid, pg_describe_object(e.classid, e.objid, e.objsubid), e.classid::regclass::text, e.objid,
       CASE e.classid
         WHEN 'pg_trigger'::regclass THEN (SELECT t.tgrelid FROM pg_trigger t WHERE t.oid = e.objid)
         WHEN 'pg_attrdef'::regclass THEN (SELECT f.adrelid FROM pg_attrdef f WHERE f.oid = e.objid)
         WHEN 'pg_constraint'::regclass THEN (SELECT k.conrelid FROM pg_constraint k WHERE k.oid = e.objid)
         WHEN 'pg_policy'::regclass THEN (SELECT y.polrelid FROM pg_policy y WHERE y.oid = e.objid)
         WHEN 'pg_rewrite'::regclass THEN (SELECT w.ev_class FROM pg_rewrite w WHERE w.oid = e.objid)
         WHEN 'pg_class'::regclass THEN coalesce((SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = e.objid), e.objid)
       END,
       CASE e.classid
         WHEN 'pg_trigger'::regclass THEN
           (SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t WHERE t.oid = e.objid)
         WHEN 'pg_attrdef'::regclass THEN
           (SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', f.adrelid::regclass, a.attname)
            FROM pg_attrdef f JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
            WHERE f.oid = e.objid AND a.attgenerated = '')
       END,
       CASE e.classid
         WHEN 'pg_trigger'::regclass THEN
           (SELECT json_build_array(pg_get_triggerdef(t.oid),
                     CASE t.tgenabled WHEN 'O' THEN NULL ELSE format('ALTER TABLE %s %s TRIGGER %I', t.tgrelid::regclass,
                       CASE t.tgenabled WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'DISABLE' END, t.tgname) END,
                     CASE WHEN d.description IS NOT NULL THEN
                       format('COMMENT ON TRIGGER %I ON %s IS %L', t.tgname, t.tgrelid::regclass, d.description) END)
            FROM pg_trigger t
            LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass
            WHERE t.oid = e.objid)
         WHEN 'pg_attrdef'::regclass THEN
           (SELECT json_build_array(format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', f.adrelid::regclass, a.attname,
                     pg_get_expr(f.adbin, f.adrelid)))
            FROM pg_attrdef f JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
            WHERE f.oid = e.objid AND a.attgenerated = '')
       END,
       CASE e.classid
         WHEN 'pg_attrdef'::regclass THEN (SELECT a.attname FROM pg_attrdef f JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
                                           WHERE f.oid = e.objid)
         WHEN 'pg_constraint'::regclass THEN (SELECT k.conname FROM pg_constraint k WHERE k.oid = e.objid)
         WHEN 'pg_policy'::regclass THEN (SELECT y.polname FROM pg_policy y WHERE y.oid = e.objid)
         WHEN 'pg_class'::regclass THEN coalesce((SELECT a.attname FROM pg_attribute a WHERE a.attrelid = e.objid AND a.attnum = e.objsubid AND e.objsubid > 0),
                                                 (SELECT c.relname FROM pg_class c WHERE c.oid = e.objid))
       END,
       o.through <> o.oid
FROM (SELECT 'pg_proc'::regclass AS class, p.oid, p.oid AS through FROM pg_proc p WHERE p.pronamespace = $schemas
      UNION ALL SELECT 'pg_type'::regclass, t.oid, unnest(ARRAY[t.oid, t.typarray]) FROM pg_type t
      WHERE t.typnamespace = $schemas AND t.typtype IN ('d', 'r', 'c', 'e')
        AND (t.typtype <> 'c' OR (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c')
      UNION ALL SELECT 'pg_collation'::regclass, l.oid, l.oid FROM pg_collation l WHERE l.collnamespace = $schemas) o
CROSS JOIN LATERAL
     (SELECT d.classid, d.objid, max(d.objsubid) AS objsubid
      FROM pg_depend d
      WHERE d.refclassid = o.class AND d.refobjid = o.through AND d.deptype IN ('n', 'a')
        AND NOT (d.classid = 'pg_constraint'::regclass AND o.class = 'pg_type'::regclass AND d.deptype = 'a')
        AND NOT (d.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND t.typcategory = 'A' AND t.typtype = 'b'))
        AND NOT (d.classid = 'pg_proc'::regclass AND o.class = 'pg_type'::regclass
                 AND EXISTS (SELECT FROM pg_depend i WHERE i.classid = d.classid AND i.objid = d.objid AND i.refclassid = 'pg_type'::regclass AND i.deptype = 'i'))
        AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = d.objid AND (t.tgisinternal OR t.tgparentid <> 0)))
      GROUP BY d.classid, d.objid, CASE d.classid WHEN 'pg_class'::regclass THEN d.objsubid END
      ORDER BY d.classid, d.objid LIMIT 101) e
ORDER BY o.class, o.oid, e.classid, e.objid, e.objsubid;

-- == rest
SELECT u.oid, u.schema, u.word, u.name
FROM (SELECT 'pg_operator'::regclass, o.oid, o.oprnamespace, 'operator',
             o.oprname || '(' || CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END || ', ' || format_type(o.oprright, NULL) || ')'
      FROM pg_operator o
      UNION ALL SELECT 'pg_opclass'::regclass, o.oid, o.opcnamespace, 'operator class', o.opcname FROM pg_opclass o
      UNION ALL SELECT 'pg_opfamily'::regclass, o.oid, o.opfnamespace, 'operator family', o.opfname FROM pg_opfamily o
      UNION ALL SELECT 'pg_ts_config'::regclass, o.oid, o.cfgnamespace, 'text search configuration', o.cfgname FROM pg_ts_config o
      UNION ALL SELECT 'pg_ts_dict'::regclass, o.oid, o.dictnamespace, 'text search dictionary', o.dictname FROM pg_ts_dict o
      UNION ALL SELECT 'pg_ts_parser'::regclass, o.oid, o.prsnamespace, 'text search parser', o.prsname FROM pg_ts_parser o
      UNION ALL SELECT 'pg_ts_template'::regclass, o.oid, o.tmplnamespace, 'text search template', o.tmplname FROM pg_ts_template o
      UNION ALL SELECT 'pg_conversion'::regclass, o.oid, o.connamespace, 'conversion', o.conname FROM pg_conversion o
      UNION ALL SELECT 'pg_type'::regclass, o.oid, o.typnamespace, 'base type', o.typname FROM pg_type o
      WHERE o.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = o.oid)
     ) u(class, oid, schema, word, name)
WHERE u.schema = $schemas
  AND NOT EXISTS (SELECT FROM pg_depend e
                  WHERE e.classid = u.class AND e.objid = u.oid AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')
ORDER BY u.schema, u.word, u.name;
