-- What no kind is for.

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
