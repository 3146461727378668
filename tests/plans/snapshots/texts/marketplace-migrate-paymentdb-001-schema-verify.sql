\set ON_ERROR_STOP on
\set slipway_migration paymentdb-001-schema
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN TRANSACTION READ ONLY;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($q45732993$paymentdb-001-schema$q45732993$, $(digest)$(digest)$(digest)$) = 'skipped' AS slipway_skipped \gset
\if :slipway_skipped
SELECT pg_temp.slipway_line($q45732993$paymentdb-001-schema$q45732993$, 'ledger', 'ok', :'slipway_began', $(digest)$skipped by its condition$(digest)$);
\q
\endif
CALL pg_temp.slipway_check($(digest)$ledger$(digest)$, $(digest)$it was applied$(digest)$, $(digest)$SELECT pg_temp.slipway_state($q45732993$paymentdb-001-schema$q45732993$, $(digest)$(digest)$(digest)$)$(digest)$, NULL, $(digest)$applied$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($q45732993$paymentdb-001-schema$q45732993$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$its tables$(digest)$, $(digest)$SELECT count(*) FROM pg_tables WHERE tablename IN ('payment_plan_templates', 'payment_plans', 'payments')$(digest)$, NULL, $(digest)$3$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($q45732993$paymentdb-001-schema$q45732993$, 'verification', 'ok', :'slipway_began', $(digest)$1 check$(digest)$);
COMMIT;
