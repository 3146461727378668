\set ON_ERROR_STOP on
\set slipway_migration 002-indexes
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 0;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$002-indexes$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' = 'new' AS slipway_absent, :'slipway_state' = 'skipped' AS slipway_skipped \gset
\if :slipway_absent
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'rollback', 'skipped', :'slipway_began', $(digest)$it was never made$(digest)$);
\else
\o step
\qecho rollback
\o
SELECT clock_timestamp() AS slipway_began \gset
\o /dev/null
\set slipway_sql `tail -c +69 "$SLIPWAY_FILES/rollback.sql" | head -c 61`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +132 "$SLIPWAY_FILES/rollback.sql" | head -c 60`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +194 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +258 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +322 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +386 "$SLIPWAY_FILES/rollback.sql" | head -c 59`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +447 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +511 "$SLIPWAY_FILES/rollback.sql" | head -c 63`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +576 "$SLIPWAY_FILES/rollback.sql" | head -c 60`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +638 "$SLIPWAY_FILES/rollback.sql" | head -c 61`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +701 "$SLIPWAY_FILES/rollback.sql" | head -c 59`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +762 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +826 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +890 "$SLIPWAY_FILES/rollback.sql" | head -c 62`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\o
CALL pg_temp.slipway_no_transaction();
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'rollback', 'ok', :'slipway_began', $(digest)$$(digest)$);
\endif
BEGIN;
\if :slipway_skipped
\else
\endif
\o step
\qecho record
\o
SELECT clock_timestamp() AS slipway_began \gset
DELETE FROM slipway.migrations WHERE name = $(digest)$002-indexes$(digest)$;
CALL pg_temp.slipway_untell('prisma', $(digest)$add_expense_account_indexes$(digest)$);
COMMIT;
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'record', 'ok', :'slipway_began', $(digest)$removed$(digest)$);
