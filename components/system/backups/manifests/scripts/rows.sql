-- One line for each table that users made, partitions each by itself: "schema.table": rows
SET search_path = pg_catalog;
SELECT format(
  'SELECT to_json(%L::text)::text || '': '' || count(*) FROM ONLY %I.%I',
  space.nspname || '.' || found.relname, space.nspname, found.relname
)
FROM pg_class AS found JOIN pg_namespace AS space ON space.oid = found.relnamespace
WHERE found.relkind = 'r' AND found.relpersistence <> 't'
  AND space.nspname !~ '^pg_' AND space.nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = found.oid AND deptype = 'e'
  )
ORDER BY space.nspname COLLATE "C", found.relname COLLATE "C"
\gexec
SELECT '"large objects": ' || count(*) FROM pg_largeobject_metadata HAVING count(*) > 0;
