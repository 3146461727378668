\set ON_ERROR_STOP on
\set slipway_migration creditdb-001-schema
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN TRANSACTION READ ONLY;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$creditdb-001-schema$(digest)$, $qcfdbbfde$(digest)$qcfdbbfde$) = 'skipped' AS slipway_skipped \gset
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$creditdb-001-schema$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$skipped by its condition$(digest)$);
\q
\endif
CALL pg_temp.slipway_check($(digest)$ledger$(digest)$, $(digest)$it was applied$(digest)$, $(digest)$SELECT pg_temp.slipway_state($(digest)$creditdb-001-schema$(digest)$, $qcfdbbfde$(digest)$qcfdbbfde$)$(digest)$, NULL, $(digest)$applied$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$creditdb-001-schema$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$its tables$(digest)$, $(digest)$SELECT count(*) FROM pg_tables WHERE tablename IN ('credit_applications', 'credit_scores')$(digest)$, NULL, $(digest)$2$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$creditdb-001-schema$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$1 check$(digest)$);
COMMIT;
