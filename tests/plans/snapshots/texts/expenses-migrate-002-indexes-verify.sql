\set ON_ERROR_STOP on
\set slipway_migration 002-indexes
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN TRANSACTION READ ONLY;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$002-indexes$(digest)$, $(digest)$(digest)$(digest)$) = 'skipped' AS slipway_skipped \gset
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$skipped by its condition$(digest)$);
\q
\endif
CALL pg_temp.slipway_check($(digest)$ledger$(digest)$, $(digest)$it was applied$(digest)$, $(digest)$SELECT pg_temp.slipway_state($(digest)$002-indexes$(digest)$, $(digest)$(digest)$(digest)$)$(digest)$, NULL, $(digest)$applied$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$indexes of payments$(digest)$, $q82139591$SELECT count(*) FROM pg_indexes WHERE tablename = 'expense_account_payments'$q82139591$, NULL, NULL, 10.0::numeric, 12.0::numeric);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$indexes of deposits$(digest)$, $(digest)$SELECT count(*) FROM pg_indexes WHERE tablename = 'expense_account_deposits'$(digest)$, NULL, NULL, 4.0::numeric, 5.0::numeric);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$indexes of accounts$(digest)$, $(digest)$SELECT count(*) FROM pg_indexes WHERE tablename = 'expense_accounts'$(digest)$, NULL, NULL, 4.0::numeric, 5.0::numeric);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$no index is invalid$(digest)$, $(digest)$SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid AND indrelid::regclass::text LIKE 'expense%'$(digest)$, 0, NULL, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$4 checks$(digest)$);
COMMIT;
