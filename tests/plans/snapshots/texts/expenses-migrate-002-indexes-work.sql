\set ON_ERROR_STOP on
\set slipway_migration 002-indexes
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 0;
\o step
\qecho invalid-indexes
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s', index::regclass) FROM pg_temp.slipway_invalid(pg_temp.slipway_unusable(), $(digest)$[{"schema": null, "table": "expense_accounts", "name": "idx_expense_accounts_status"}, {"schema": null, "table": "expense_accounts", "name": "idx_expense_accounts_owner"}, {"schema": null, "table": "expense_accounts", "name": "idx_expense_accounts_created"}, {"schema": null, "table": "expense_account_deposits", "name": "idx_expense_deposits_account"}, {"schema": null, "table": "expense_account_deposits", "name": "idx_expense_deposits_created"}, {"schema": null, "table": "expense_account_deposits", "name": "idx_expense_deposits_type"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_account"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_category"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_payee"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_status"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_paid"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_created"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_creator"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_pending"}]$(digest)$) AS index \gexec
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'invalid-indexes', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho migrate
\o
SELECT clock_timestamp() AS slipway_began \gset
\o /dev/null
\set slipway_sql `tail -c +114 "$SLIPWAY_FILES/migration.sql" | head -c 96`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +212 "$SLIPWAY_FILES/migration.sql" | head -c 98`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +312 "$SLIPWAY_FILES/migration.sql" | head -c 102`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +417 "$SLIPWAY_FILES/migration.sql" | head -c 123`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +542 "$SLIPWAY_FILES/migration.sql" | head -c 110`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +654 "$SLIPWAY_FILES/migration.sql" | head -c 109`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +766 "$SLIPWAY_FILES/migration.sql" | head -c 120`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +888 "$SLIPWAY_FILES/migration.sql" | head -c 122`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +1012 "$SLIPWAY_FILES/migration.sql" | head -c 119`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +1133 "$SLIPWAY_FILES/migration.sql" | head -c 104`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +1239 "$SLIPWAY_FILES/migration.sql" | head -c 104`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +1345 "$SLIPWAY_FILES/migration.sql" | head -c 110`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +1457 "$SLIPWAY_FILES/migration.sql" | head -c 110`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\set slipway_sql `tail -c +1569 "$SLIPWAY_FILES/migration.sql" | head -c 135`
SELECT pg_temp.slipway_whole(:'slipway_sql', '(digest)') \gexec
\o
CALL pg_temp.slipway_no_transaction();
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'migrate', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho valid-indexes
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT coalesce(invalid_indexes, '{}') AS slipway_known FROM slipway.migrations WHERE name = $(digest)$002-indexes$(digest)$ \gset
CALL pg_temp.slipway_all_valid(:'slipway_known', $(digest)$[{"schema": null, "table": "expense_accounts", "name": "idx_expense_accounts_status"}, {"schema": null, "table": "expense_accounts", "name": "idx_expense_accounts_owner"}, {"schema": null, "table": "expense_accounts", "name": "idx_expense_accounts_created"}, {"schema": null, "table": "expense_account_deposits", "name": "idx_expense_deposits_account"}, {"schema": null, "table": "expense_account_deposits", "name": "idx_expense_deposits_created"}, {"schema": null, "table": "expense_account_deposits", "name": "idx_expense_deposits_type"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_account"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_category"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_payee"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_status"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_paid"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_created"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_creator"}, {"schema": null, "table": "expense_account_payments", "name": "idx_expense_payments_pending"}]$(digest)$);
SELECT pg_temp.slipway_line($(digest)$002-indexes$(digest)$, 'valid-indexes', 'ok', :'slipway_began', $(digest)$$(digest)$);
