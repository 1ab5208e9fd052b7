-- Functions, and the triggers that call them.

-- == functions
-- Those that belong to a range type (deptype i) come and go with it.
SELECT p.oid, p.proname, p.pronamespace, p.proowner, p.prokind, l.lanname, p.provolatile, p.proisstrict, p.prosecdef,
       p.proleakproof, p.proparallel, p.procost, p.prorows, p.proretset,
       (SELECT json_agg(json_build_array(
                 coalesce(p.proargmodes[g.n]::text, 'i'), p.proargnames[g.n],
                 format_type(coalesce(p.proallargtypes[g.n], p.proargtypes[g.n - 1]), NULL),
                 pg_get_function_arg_default(p.oid, g.n)) ORDER BY g.n)
        FROM generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) g(n)),
       pg_get_function_result(p.oid), coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), array_to_json(p.proconfig),
       d.description, coalesce(p.proacl, acldefault('f', p.proowner))::text, oidvectortypes(p.proargtypes),
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::text END, p.protrftypes IS NOT NULL
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
WHERE p.pronamespace = $schemas
  AND p.oid NOT IN (SELECT e.objid FROM pg_depend e
                    WHERE e.refclassid IN ('pg_extension'::regclass, 'pg_type'::regclass) AND e.classid = 'pg_proc'::regclass
                      AND e.deptype IN ('e', 'i'))
ORDER BY p.pronamespace, p.proname, p.oid;

-- == aggregates
-- A function of pg_catalog goes by its name alone, if that is its own.
SELECT a.aggfnoid::oid, a.aggkind, a.aggnumdirectargs, a.aggtransfn::text, format_type(a.aggtranstype, NULL), a.aggtransspace,
       a.aggfinalfn::text, a.aggfinalextra, a.aggfinalmodify, a.aggcombinefn::text, a.aggserialfn::text, a.aggdeserialfn::text, a.agginitval,
       a.aggmtransfn::text, a.aggminvtransfn::text, CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END, a.aggmtransspace,
       a.aggmfinalfn::text, a.aggmfinalextra, a.aggmfinalmodify, a.aggminitval, o.oprname, n.nspname
FROM pg_proc p
JOIN pg_aggregate a ON a.aggfnoid = p.oid
LEFT JOIN pg_operator o ON o.oid = a.aggsortop
LEFT JOIN pg_namespace n ON n.oid = o.oprnamespace AND n.nspname <> 'pg_catalog'
WHERE p.pronamespace = $schemas AND p.prokind = 'a';

-- == triggers
SELECT t.oid, t.tgrelid, t.tgname, t.tgtype, t.tgenabled, t.tgattr::text, t.tgconstraint <> 0, t.tgdeferrable, t.tginitdeferred,
       t.tgnargs, encode(t.tgargs, 'hex'), t.tgoldtable, t.tgnewtable, n.nspname, p.proname, d.description,
       CASE WHEN t.tgqual IS NOT NULL THEN pg_get_triggerdef(t.oid) END, f.relname, fn.nspname
FROM pg_class c
JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0
JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass
LEFT JOIN pg_class f ON f.oid = t.tgconstrrelid
LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE c.relnamespace = $schemas
ORDER BY t.tgrelid, t.tgname;
