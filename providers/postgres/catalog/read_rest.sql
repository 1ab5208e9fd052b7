-- What no kind is for. What stands in no schema is told with the schema of what it is about: a cast with that of a type, a
-- publication with those of its tables, a foreign server with those of its tables here.

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
      UNION ALL SELECT 'pg_cast'::regclass, o.oid, CASE a.typnamespace WHEN 'pg_catalog'::regnamespace THEN b.typnamespace ELSE a.typnamespace END,
             'cast', format_type(a.oid, NULL) || ' AS ' || format_type(b.oid, NULL)
      FROM pg_cast o JOIN pg_type a ON a.oid = o.castsource JOIN pg_type b ON b.oid = o.casttarget
      WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_cast'::regclass AND e.objid = o.oid AND e.deptype = 'i') -- of a range type
      UNION SELECT 'pg_publication'::regclass, o.oid, c.relnamespace, 'publication', o.pubname
      FROM pg_publication o JOIN pg_publication_rel r ON r.prpubid = o.oid JOIN pg_class c ON c.oid = r.prrelid
      UNION SELECT 'pg_publication'::regclass, o.oid, r.pnnspid, 'publication', o.pubname
      FROM pg_publication o JOIN pg_publication_namespace r ON r.pnpubid = o.oid
      UNION SELECT 'pg_publication'::regclass, o.oid, c.relnamespace, 'publication', o.pubname
      FROM pg_publication o JOIN pg_class c ON o.puballtables AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
      UNION SELECT 'pg_foreign_server'::regclass, o.oid, c.relnamespace, 'foreign server', o.srvname
      FROM pg_foreign_server o JOIN pg_foreign_table f ON f.ftserver = o.oid JOIN pg_class c ON c.oid = f.ftrelid
     ) u(class, oid, schema, word, name)
WHERE u.schema = $schemas
  AND NOT EXISTS (SELECT FROM pg_depend e
                  WHERE e.classid = u.class AND e.objid = u.oid AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')
ORDER BY u.schema, u.word, u.name;
