-- What can become what.

-- == casts
-- The types to which values of the types of columns in scope can be cast, without modifiers; * is any: what is printed as
-- text can be read as anything. A domain is cast as the type that it is of, an array as its elements.
WITH RECURSIVE used AS (
  SELECT DISTINCT a.atttypid AS oid
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = $schemas AND c.relkind IN ('r', 'p')
), cast_as AS (
  SELECT u.oid, u.oid AS base FROM used u
  UNION
  SELECT e.typelem, e.typelem FROM used u JOIN pg_type e ON e.oid = u.oid AND e.typcategory = 'A' AND e.typelem <> 0
  UNION
  SELECT b.oid, t.typbasetype FROM cast_as b JOIN pg_type t ON t.oid = b.base AND t.typtype = 'd'
)
SELECT format_type(b.oid, NULL),
       CASE WHEN t.typcategory = 'S' OR t.oid <> b.oid AND t.typcategory = 'A' THEN '*'
            ELSE (SELECT string_agg(DISTINCT format_type(x.oid, NULL), ', ')
                  FROM (SELECT k.casttarget AS oid FROM pg_cast k WHERE k.castsource = t.oid
                        UNION ALL SELECT s.oid FROM pg_type s WHERE s.typcategory = 'S' AND s.typtype = 'b'
                        UNION ALL SELECT t.oid) x) END
FROM cast_as b JOIN pg_type t ON t.oid = b.base AND t.typtype <> 'd'
ORDER BY 1;
