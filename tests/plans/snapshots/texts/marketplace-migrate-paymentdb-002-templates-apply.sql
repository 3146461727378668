\set ON_ERROR_STOP on
\set slipway_migration paymentdb-002-templates
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
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'lock', 'ok', :'slipway_began', $(digest)$$(digest)$);
BEGIN ISOLATION LEVEL READ COMMITTED;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_make_ledger();
SELECT pg_temp.slipway_state($(digest)$paymentdb-002-templates$(digest)$, $(digest)$(digest)$(digest)$) AS slipway_state \gset
SELECT :'slipway_state' IN ('applied', 'skipped') AS slipway_done \gset
\if :slipway_done
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$nothing to do$(digest)$);
\q
\endif
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho condition
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_holds($(digest)$no payment plan template yet$(digest)$, $(digest)$SELECT count(*) FROM payment_plan_templates$(digest)$, NULL, $(digest)$0$(digest)$, NULL, NULL) AS slipway_wanted \gset
\if :slipway_wanted
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'condition', 'ok', :'slipway_began', $(digest)$$(digest)$);
\else
CALL pg_temp.slipway_record($(digest)$paymentdb-002-templates$(digest)$, $(digest)$(digest)$(digest)$, 'skipped', $(digest)$v1.0.0$(digest)$);
COMMIT;
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'condition', 'skipped', :'slipway_began', $(digest)$does not hold: no payment plan template yet$(digest)$);
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
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'migrate', 'ok', :'slipway_began', $(digest)$$(digest)$);
RESET ROLE;
RESET search_path;
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$payment plan templates$(digest)$, $(digest)$SELECT count(*) FROM payment_plan_templates$(digest)$, NULL, $(digest)$4$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$1 check$(digest)$);
\o step
\qecho record
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_record($(digest)$paymentdb-002-templates$(digest)$, $(digest)$(digest)$(digest)$, 'applied', $(digest)$v1.0.0$(digest)$);
COMMIT;
SELECT pg_temp.slipway_line($(digest)$paymentdb-002-templates$(digest)$, 'record', 'ok', :'slipway_began', $(digest)$applied$(digest)$);
