\set ON_ERROR_STOP on
\set slipway_migration 005-personal-business-use
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
\o step
\qecho lock
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_try_advisory_lock(hashtextextended('slipway:' || current_database(), 0)) AS slipway_free \gset
\if :slipway_free
\else
\o verdict
\qecho locked
\o
\q
\endif
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'lock', 'ok', :'slipway_began', $(digest)$$(digest)$);
BEGIN;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$005-personal-business-use$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' = 'new' AS slipway_absent, :'slipway_state' = 'skipped' AS slipway_skipped \gset
\if :slipway_absent
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'rollback', 'skipped', :'slipway_began', $(digest)$it was never made$(digest)$);
\else
\o step
\qecho rollback
\o
SELECT clock_timestamp() AS slipway_began \gset
\set slipway_sql `cat "$SLIPWAY_FILES/rollback.sql"`
CALL pg_temp.slipway_run(:'slipway_sql', '(digest)');
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'rollback', 'ok', :'slipway_began', $(digest)$$(digest)$);
\endif
\if :slipway_skipped
\else
\o step
\qecho rollbackVerification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$rollbackVerification$(digest)$, $(digest)$nothing of it is left$(digest)$, $(digest)$SELECT count(*) FROM pg_class WHERE relname ~ '^(v_.*personal_use|v_driver_usage|v_pending_charges|personal_use|trip_usage)'$(digest)$, NULL, $(digest)$0$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'rollbackVerification', 'ok', :'slipway_began', $(digest)$1 check$(digest)$);
\endif
\o step
\qecho record
\o
SELECT clock_timestamp() AS slipway_began \gset
DELETE FROM slipway.migrations WHERE name = $(digest)$005-personal-business-use$(digest)$;
COMMIT;
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'record', 'ok', :'slipway_began', $(digest)$removed$(digest)$);
