\set ON_ERROR_STOP on
\set slipway_migration 001-expense-accounts
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
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'lock', 'ok', :'slipway_began', $(digest)$$(digest)$);
BEGIN ISOLATION LEVEL READ COMMITTED;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_make_ledger();
SELECT pg_temp.slipway_state($(digest)$001-expense-accounts$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' IN ('applied', 'skipped') AS slipway_done \gset
\if :slipway_done
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho preconditions
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$precondition$(digest)$, $(digest)$no table of expenses exists$(digest)$, $(digest)$SELECT tablename FROM pg_tables WHERE tablename LIKE 'expense%'$(digest)$, 0, NULL, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'preconditions', 'ok', :'slipway_began', $(digest)$1 check$(digest)$);
SELECT pg_temp.slipway_unusable() AS slipway_known \gset
\o step
\qecho migrate
\o
SELECT clock_timestamp() AS slipway_began \gset
\set slipway_sql `cat "$SLIPWAY_FILES/migration.sql"`
CALL pg_temp.slipway_run(:'slipway_sql', '(digest)');
CALL pg_temp.slipway_all_valid(:'slipway_known', $(digest)$[]$(digest)$);
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'migrate', 'ok', :'slipway_began', $(digest)$$(digest)$);
RESET ROLE;
RESET search_path;
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$three tables$(digest)$, $(digest)$SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('expense_accounts', 'expense_account_deposits', 'expense_account_payments')$(digest)$, 3, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$accounts can be counted$(digest)$, $(digest)$SELECT count(*) FROM expense_accounts$(digest)$, 1, NULL, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$2 checks$(digest)$);
\o step
\qecho record
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_record($(digest)$001-expense-accounts$(digest)$, $(digest)$(digest)$(digest)$, 'applied', $(digest)$expense-accounts-v1.0.0$(digest)$);
CALL pg_temp.slipway_tell('prisma', $(digest)$add_expense_accounts$(digest)$, $(digest)$(digest)$(digest)$);
COMMIT;
SELECT pg_temp.slipway_line($(digest)$001-expense-accounts$(digest)$, 'record', 'ok', :'slipway_began', $(digest)$applied$(digest)$);
