-- Rows are counted in the very snapshot that is dumped, which this session holds open meanwhile.
SET idle_in_transaction_session_timeout = 0;
SET statement_timeout = 0;
SET lock_timeout = '5min';
DO 'BEGIN PERFORM slipway.share_with_backups(); END';
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
-- A role that row-level security binds sees every row by a policy of its own, or makes no dump at all.
DO $$
DECLARE
  hidden text;
BEGIN
  SELECT string_agg(bound.oid::regclass::text, ', ') INTO hidden
  FROM pg_class AS bound
  WHERE bound.relrowsecurity AND bound.relkind IN ('r', 'p') AND row_security_active(bound.oid) AND (
    NOT EXISTS (
      SELECT FROM pg_policy
      WHERE polrelid = bound.oid AND polpermissive AND polcmd IN ('r', '*')
        AND pg_get_expr(polqual, polrelid) = 'true' AND quote_ident(current_user)::regrole = ANY (polroles)
    ) OR EXISTS (
      SELECT FROM pg_policy, unnest(polroles) AS role
      WHERE polrelid = bound.oid AND NOT polpermissive AND polcmd IN ('r', '*')
        AND (role = 0 OR pg_has_role(role, 'USAGE'))
    )
  );
  IF hidden IS NOT NULL THEN
    RAISE EXCEPTION 'row-level security hides rows of % from backups: restrictive policies need a role to apply to', hidden;
  END IF;
END
$$;
SELECT CASE WHEN rolsuper OR rolbypassrls THEN '' ELSE '--enable-row-security' END AS seen
FROM pg_roles WHERE rolname = current_user \gset
\setenv SEEN :seen
\! pg_dump $SEEN --snapshot="$SNAPSHOT" --lock-wait-timeout=300000 --format=custom --no-owner --no-privileges --file=/work/dump && touch /work/dumped
\o /work/server
SHOW server_version;
\o /work/rows
\i /scripts/rows.sql
\o
COMMIT;
