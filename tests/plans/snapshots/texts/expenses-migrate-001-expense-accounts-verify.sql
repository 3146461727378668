\set ON_ERROR_STOP on
\set slipway_migration 001-expense-accounts
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN TRANSACTION READ ONLY;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$001-expense-accounts$(digest)$, $(digest)$(digest)$(digest)$) = 'skipped' AS slipway_skipped \gset
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$skipped by its condition$(digest)$);
\q
\endif
CALL pg_temp.slipway_check($(digest)$ledger$(digest)$, $(digest)$it was applied$(digest)$, $(digest)$SELECT pg_temp.slipway_state($(digest)$001-expense-accounts$(digest)$, $(digest)$(digest)$(digest)$)$(digest)$, NULL, $(digest)$applied$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$three tables$(digest)$, $(digest)$SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('expense_accounts', 'expense_account_deposits', 'expense_account_payments')$(digest)$, 3, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$accounts can be counted$(digest)$, $(digest)$SELECT count(*) FROM expense_accounts$(digest)$, 1, NULL, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$2 checks$(digest)$);
COMMIT;
