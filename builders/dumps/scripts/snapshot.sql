-- Rows are counted in the very snapshot that is dumped, which this session holds open meanwhile.
SET idle_in_transaction_session_timeout = 0;
SET statement_timeout = 0;
SET lock_timeout = '5min';
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --snapshot="$SNAPSHOT" --lock-wait-timeout=300000 --format=custom --no-owner --no-privileges --file=/work/dump && touch /work/dumped
\o /work/server
SHOW server_version;
\o /work/rows
\i /scripts/rows.sql
\o
COMMIT;
