\set ON_ERROR_STOP on
\set slipway_migration 003-categories
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
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'lock', 'ok', :'slipway_began', $(digest)$$(digest)$);
BEGIN ISOLATION LEVEL READ COMMITTED;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_make_ledger();
SELECT pg_temp.slipway_state($(digest)$003-categories$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' IN ('applied', 'skipped') AS slipway_done \gset
\if :slipway_done
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho condition
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_holds($(digest)$no category exists$(digest)$, $(digest)$SELECT count(*) FROM expense_categories$(digest)$, NULL, $(digest)$0$(digest)$, NULL, NULL) AS slipway_wanted \gset
\if :slipway_wanted
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'condition', 'ok', :'slipway_began', $(digest)$$(digest)$);
\else
CALL pg_temp.slipway_record($(digest)$003-categories$(digest)$, $(digest)$(digest)$(digest)$, 'skipped', $(digest)$expense-accounts-v1.0.0$(digest)$);
COMMIT;
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'condition', 'skipped', :'slipway_began', $(digest)$does not hold: no category exists$(digest)$);
\q
\endif
SELECT pg_temp.slipway_unusable() AS slipway_known \gset
\o step
\qecho migrate
\o
SELECT clock_timestamp() AS slipway_began \gset
\set slipway_sql `cat "$SLIPWAY_FILES/migration.sql"`
CALL pg_temp.slipway_run(:'slipway_sql', '(digest)');
CALL pg_temp.slipway_all_valid(:'slipway_known', $(digest)$[]$(digest)$);
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'migrate', 'ok', :'slipway_began', $(digest)$$(digest)$);
RESET ROLE;
RESET search_path;
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$categories$(digest)$, $(digest)$SELECT count(*) FROM expense_categories$(digest)$, NULL, NULL, 15.0::numeric, 20.0::numeric);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$a sample has names and emoji$(digest)$, $(digest)$SELECT name, emoji FROM expense_categories LIMIT 5$(digest)$, 5, NULL, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$2 checks$(digest)$);
\o step
\qecho record
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_record($(digest)$003-categories$(digest)$, $(digest)$(digest)$(digest)$, 'applied', $(digest)$expense-accounts-v1.0.0$(digest)$);
COMMIT;
SELECT pg_temp.slipway_line($(digest)$003-categories$(digest)$, 'record', 'ok', :'slipway_began', $(digest)$applied$(digest)$);
