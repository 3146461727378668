\set ON_ERROR_STOP on
\set slipway_migration userdb-002-administrator
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
SELECT pg_temp.slipway_line($(digest)$userdb-002-administrator$(digest)$, 'lock', 'ok', :'slipway_began', $(digest)$$(digest)$);
BEGIN;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$userdb-002-administrator$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' = 'new' AS slipway_absent, :'slipway_state' = 'skipped' AS slipway_skipped \gset
\if :slipway_absent
SELECT pg_temp.slipway_line($(digest)$userdb-002-administrator$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$userdb-002-administrator$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$userdb-002-administrator$(digest)$, 'rollback', 'skipped', :'slipway_began', $(digest)$it was never made$(digest)$);
\else
\o step
\qecho rollback
\o
SELECT clock_timestamp() AS slipway_began \gset
\set slipway_sql `cat "$SLIPWAY_FILES/rollback.sql"`
CALL pg_temp.slipway_run(:'slipway_sql', '(digest)');
SELECT pg_temp.slipway_line($(digest)$userdb-002-administrator$(digest)$, 'rollback', 'ok', :'slipway_began', $(digest)$$(digest)$);
\endif
\if :slipway_skipped
\else
\endif
\o step
\qecho record
\o
SELECT clock_timestamp() AS slipway_began \gset
DELETE FROM slipway.migrations WHERE name = $(digest)$userdb-002-administrator$(digest)$;
COMMIT;
SELECT pg_temp.slipway_line($(digest)$userdb-002-administrator$(digest)$, 'record', 'ok', :'slipway_began', $(digest)$removed$(digest)$);
