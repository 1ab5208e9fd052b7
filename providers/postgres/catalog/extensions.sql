-- What the server has of the extensions that a plan installs or updates: their names and wanted versions stand in for wanted, '' for any.
WITH offered AS MATERIALIZED (
  SELECT v.name, v.version, v.requires, a.default_version
  FROM pg_catalog.pg_available_extension_versions v JOIN pg_catalog.pg_available_extensions a ON a.name = v.name)
SELECT coalesce(json_object_agg(w.name, json_build_object(
  'default', (SELECT min(o.default_version) FROM offered o WHERE o.name = w.name),
  'versions', (SELECT json_agg(o.version ORDER BY o.version) FROM offered o WHERE o.name = w.name),
  'requires', (SELECT json_agg(r.name ORDER BY r.name) FROM offered o CROSS JOIN unnest(o.requires) r(name)
               WHERE o.name = w.name AND o.version = coalesce(nullif(w.version, ''), o.default_version)
                 AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = r.name)),
  'installed', x.extversion,
  'path', (SELECT p.path FROM pg_catalog.pg_extension_update_paths(w.name) p
           WHERE x.oid IS NOT NULL AND EXISTS (SELECT FROM offered o WHERE o.name = w.name) AND p.source = x.extversion AND p.target = w.version),
  'others', (SELECT json_agg(DISTINCT o.name ORDER BY o.name) FROM offered o WHERE NOT EXISTS (SELECT FROM offered o WHERE o.name = w.name)))), '{}')
FROM (VALUES $wanted) w(name, version)
LEFT JOIN pg_catalog.pg_extension x ON x.extname = w.name
