\set ON_ERROR_STOP on
\set slipway_migration 003-categories
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN TRANSACTION READ ONLY;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$003-categories$(digest)$, $(digest)$(digest)$(digest)$) = 'skipped' AS slipway_skipped \gset
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$skipped by its condition$(digest)$);
\q
\endif
CALL pg_temp.slipway_check($(digest)$ledger$(digest)$, $(digest)$it was applied$(digest)$, $(digest)$SELECT pg_temp.slipway_state($(digest)$003-categories$(digest)$, $(digest)$(digest)$(digest)$)$(digest)$, NULL, $(digest)$applied$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$categories$(digest)$, $(digest)$SELECT count(*) FROM expense_categories$(digest)$, NULL, NULL, 15.0::numeric, 20.0::numeric);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$a sample has names and emoji$(digest)$, $(digest)$SELECT name, emoji FROM expense_categories LIMIT 5$(digest)$, 5, NULL, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$2 checks$(digest)$);
COMMIT;
