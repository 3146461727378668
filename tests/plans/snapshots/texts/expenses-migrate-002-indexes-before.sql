\set ON_ERROR_STOP on
\set slipway_migration 002-indexes
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_make_ledger();
SELECT pg_temp.slipway_state($(digest)$002-indexes$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' IN ('applied', 'skipped') AS slipway_done \gset
\if :slipway_done
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
SELECT :'slipway_state' = 'started' AS slipway_resumed \gset
\if :slipway_resumed
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'preconditions', 'skipped', :'slipway_began', $(digest)$they held when it was started$(digest)$);
\else
\endif
CALL pg_temp.slipway_record($(digest)$002-indexes$(digest)$, $(digest)$(digest)$(digest)$, 'started', $(digest)$expense-accounts-v1.0.0$(digest)$);
COMMIT;
\o verdict
\qecho go
\o
