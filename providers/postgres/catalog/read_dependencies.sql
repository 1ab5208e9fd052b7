-- What hangs on what.

-- == dependencies
-- What refers to the relations, functions, types and collations of the schemas in scope, or to what comes with an extension,
-- and would not let them go, or change, without it. What goes along by itself (deptype a, i: a table's own indexes, defaults, triggers) is listed for
-- functions and types only, whose it is not; of these a hundred dependents each, to be named.
--
-- A dependent is told by the thing that it is, or is part of: the relation of a default, the domain of a rule. What can be
-- taken away and put back without loss comes with the statements that do so.
SELECT o.class::regclass, o.oid, o.of_column, o.of_array,
       CASE WHEN r.rulename = '_RETURN' THEN 'pg_class' WHEN f.oid IS NOT NULL OR i.indexrelid IS NOT NULL OR s.oid IS NOT NULL OR k.conrelid > 0 THEN 'pg_class'
            WHEN k.contypid > 0 OR c.relkind = 'c' THEN 'pg_type' ELSE e.class::text END,
       CASE WHEN r.rulename = '_RETURN' THEN r.ev_class WHEN k.contypid > 0 THEN k.contypid WHEN c.relkind = 'c' THEN c.reltype
            ELSE coalesce(f.adrelid, i.indrelid, s.stxrelid, nullif(k.conrelid, 0), e.oid) END,
       coalesce(t.tgrelid, y.polrelid, CASE WHEN r.rulename <> '_RETURN' THEN r.ev_class END),
       CASE e.class
         WHEN 'pg_rewrite'::regclass THEN CASE WHEN r.rulename <> '_RETURN' THEN 'rule' WHEN v.relkind = 'm' THEN 'materialized_view' ELSE 'view' END
         WHEN 'pg_proc'::regclass THEN CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END
         WHEN 'pg_trigger'::regclass THEN 'trigger'
         WHEN 'pg_policy'::regclass THEN 'policy'
         WHEN 'pg_attrdef'::regclass THEN CASE a.attgenerated WHEN '' THEN 'default' ELSE 'generated' END
         WHEN 'pg_constraint'::regclass THEN CASE k.contype WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'constraint' END
         WHEN 'pg_statistic_ext'::regclass THEN 'statistics'
         WHEN 'pg_class'::regclass THEN CASE WHEN i.indexrelid IS NOT NULL THEN 'index' WHEN e.sub > 0 AND c.relkind = 'v' THEN 'shown' WHEN e.sub > 0 AND c.relkind = 'c' THEN 'attribute' WHEN e.sub > 0 THEN 'column' ELSE 'relation' END
         ELSE (pg_identify_object(e.class, e.oid, 0)).type
       END,
       coalesce(a.attname, k.conname, ic.relname, s.stxname,
                (SELECT u.attname FROM pg_attribute u WHERE c.oid IS NOT NULL AND e.sub > 0 AND u.attrelid = e.oid AND u.attnum = e.sub)),
       CASE WHEN r.rulename = '_RETURN' THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0) ELSE pg_describe_object(e.class, e.oid, e.sub) END,
       CASE WHEN y.oid IS NOT NULL THEN format('DROP POLICY %I ON %s', y.polname, y.polrelid::regclass)
            WHEN r.rulename <> '_RETURN' THEN format('DROP RULE %I ON %s', r.rulename, r.ev_class::regclass)
            WHEN o.class = 'pg_class'::regclass THEN NULL
            WHEN t.oid IS NOT NULL THEN format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
            WHEN a.attgenerated = '' THEN format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', f.adrelid::regclass, a.attname) END,
       CASE WHEN o.class = 'pg_class'::regclass THEN NULL
            WHEN t.oid IS NOT NULL THEN json_build_array(pg_get_triggerdef(t.oid),
              CASE t.tgenabled WHEN 'O' THEN NULL ELSE format('ALTER TABLE %s %s TRIGGER %I', t.tgrelid::regclass,
                CASE t.tgenabled WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'DISABLE' END, t.tgname) END,
              (SELECT format('COMMENT ON TRIGGER %I ON %s IS %L', t.tgname, t.tgrelid::regclass, m.description)
               FROM pg_description m WHERE m.objoid = t.oid AND m.classoid = 'pg_trigger'::regclass))
            WHEN a.attgenerated = '' THEN json_build_array(format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', f.adrelid::regclass, a.attname,
              pg_get_expr(f.adbin, f.adrelid))) END
FROM (SELECT DISTINCT 'pg_class'::regclass::oid AS class, n.relation AS oid, (SELECT a.attname FROM pg_attribute a
                       WHERE n.class = 'pg_class'::regclass AND d.refobjsubid > 0 AND a.attrelid = n.oid AND a.attnum = d.refobjsubid) AS of_column,
             n.array AS of_array, d.classid::regclass AS by_class, d.objid AS by_oid, CASE d.classid WHEN 'pg_class'::regclass THEN d.objsubid ELSE 0 END AS by_sub
      FROM (SELECT 'pg_class'::regclass AS class, c.oid, c.oid AS relation, c.relkind IN ('v', 'm') AS whole, false AS array
            FROM pg_class c WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
            UNION ALL
            SELECT 'pg_type'::regclass, u.oid, c.oid, true, u.oid <> c.reltype
            FROM pg_class c JOIN pg_type t ON t.oid = c.reltype CROSS JOIN LATERAL unnest(ARRAY[t.oid, t.typarray]) u(oid)
            WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p', 'f', 'v', 'm')) n
      JOIN pg_depend d ON d.refclassid = n.class AND d.refobjid = n.oid AND d.deptype = 'n'
      WHERE (n.whole OR d.classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_policy'::regclass)
             OR d.classid = 'pg_trigger'::regclass AND d.refobjsubid > 0
                AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = d.objid AND NOT t.tgisinternal AND t.tgparentid = 0))
        AND NOT (d.classid = 'pg_rewrite'::regclass
                 AND EXISTS (SELECT FROM pg_rewrite r WHERE r.oid = d.objid AND r.rulename = '_RETURN' AND r.ev_class = n.relation))
      UNION ALL
      SELECT n.class, n.oid, NULL, n.through <> n.oid, d.classid::regclass, d.objid, d.objsubid
      FROM (SELECT 'pg_proc'::regclass AS class, p.oid, p.oid AS through FROM pg_proc p WHERE p.pronamespace = $schemas
            UNION ALL SELECT 'pg_type'::regclass, t.oid, unnest(ARRAY[t.oid, t.typarray]) FROM pg_type t
            WHERE t.typnamespace = $schemas AND t.typtype IN ('d', 'r', 'c', 'e')
              AND (t.typtype <> 'c' OR (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c')
            UNION ALL SELECT 'pg_collation'::regclass, l.oid, l.oid FROM pg_collation l WHERE l.collnamespace = $schemas) n
      CROSS JOIN LATERAL
           (SELECT d.classid, d.objid, max(d.objsubid) AS objsubid
            FROM pg_depend d
            WHERE d.refclassid = n.class AND d.refobjid = n.through AND d.deptype IN ('n', 'a')
              AND NOT (d.classid = 'pg_constraint'::regclass AND n.class = 'pg_type'::regclass AND d.deptype = 'a')
              AND NOT (d.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND t.typcategory = 'A' AND t.typtype = 'b'))
              AND NOT (d.classid = 'pg_proc'::regclass AND n.class = 'pg_type'::regclass
                       AND EXISTS (SELECT FROM pg_depend i WHERE i.classid = d.classid AND i.objid = d.objid AND i.refclassid = 'pg_type'::regclass AND i.deptype = 'i'))
              AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = d.objid AND (t.tgisinternal OR t.tgparentid <> 0)))
            GROUP BY d.classid, d.objid, CASE d.classid WHEN 'pg_class'::regclass THEN d.objsubid END
            ORDER BY d.classid, d.objid LIMIT 101) d
      UNION ALL
      SELECT DISTINCT 'pg_type'::regclass::oid, c.reltype, a.attname, false, d.classid::regclass, d.objid, CASE d.classid WHEN 'pg_class'::regclass THEN d.objsubid ELSE 0 END
      FROM pg_class c
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid > 0 AND d.deptype = 'n'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
      WHERE c.relnamespace = $schemas AND c.relkind = 'c'
      UNION ALL
      SELECT 'pg_extension'::regclass, x.oid, NULL, false, d.classid::regclass, d.objid, d.objsubid
      FROM pg_extension x
      CROSS JOIN LATERAL
           (SELECT d.classid, d.objid, max(d.objsubid) AS objsubid
            FROM pg_depend m
            JOIN pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype = 'n'
            LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
            LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
            LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
            LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
            LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
            WHERE m.refclassid = 'pg_extension'::regclass AND m.refobjid = x.oid AND m.deptype = 'e'
              AND d.classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass,
                                'pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_statistic_ext'::regclass)
              AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                              AND (e.classid = d.classid AND e.objid = d.objid
                                   OR e.classid = 'pg_type'::regclass AND e.objid = nullif(k.contypid, 0)
                                   OR e.classid = 'pg_class'::regclass AND e.objid = coalesce(f.adrelid, nullif(k.conrelid, 0), r.ev_class, t.tgrelid, i.indrelid)))
            GROUP BY d.classid, d.objid, CASE d.classid WHEN 'pg_class'::regclass THEN d.objsubid END
            ORDER BY d.classid, d.objid LIMIT 101) d
      WHERE x.extnamespace <> 'pg_catalog'::regnamespace -- plpgsql, which stays
      UNION ALL
      SELECT d.refclassid, d.refobjid, NULL, false, d.classid::regclass, d.objid, 0
      FROM pg_depend d
      WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_extension'::regclass AND d.deptype = 'n'
     ) o(class, oid, of_column, of_array, by_class, by_oid, by_sub)
CROSS JOIN LATERAL (SELECT o.by_class AS class, o.by_oid AS oid, o.by_sub AS sub) e
LEFT JOIN pg_rewrite r ON e.class = 'pg_rewrite'::regclass AND r.oid = e.oid
LEFT JOIN pg_class v ON v.oid = r.ev_class
LEFT JOIN pg_proc p ON e.class = 'pg_proc'::regclass AND p.oid = e.oid
LEFT JOIN pg_trigger t ON e.class = 'pg_trigger'::regclass AND t.oid = e.oid
LEFT JOIN pg_policy y ON e.class = 'pg_policy'::regclass AND y.oid = e.oid
LEFT JOIN pg_attrdef f ON e.class = 'pg_attrdef'::regclass AND f.oid = e.oid
LEFT JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
LEFT JOIN pg_constraint k ON e.class = 'pg_constraint'::regclass AND k.oid = e.oid
LEFT JOIN pg_statistic_ext s ON e.class = 'pg_statistic_ext'::regclass AND s.oid = e.oid
LEFT JOIN pg_class c ON e.class = 'pg_class'::regclass AND c.oid = e.oid
LEFT JOIN pg_index i ON e.class = 'pg_class'::regclass AND i.indexrelid = e.oid
LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
ORDER BY pg_describe_object(o.class, o.oid, 0), o.of_column, 8, 10, o.of_array;
