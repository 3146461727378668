\set ON_ERROR_STOP on
\set slipway_migration 005-personal-business-use
\ir library.sql
SET statement_timeout = 900000;
SET lock_timeout = 1000;
BEGIN TRANSACTION READ ONLY;
\o step
\qecho ledger
\o
SELECT clock_timestamp() AS slipway_began \gset
SELECT pg_temp.slipway_state($(digest)$005-personal-business-use$(digest)$, $(digest)$(digest)$(digest)$) = 'skipped' AS slipway_skipped \gset
\if :slipway_skipped
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$skipped by its condition$(digest)$);
\q
\endif
CALL pg_temp.slipway_check($(digest)$ledger$(digest)$, $(digest)$it was applied$(digest)$, $(digest)$SELECT pg_temp.slipway_state($(digest)$005-personal-business-use$(digest)$, $(digest)$(digest)$(digest)$)$(digest)$, NULL, $(digest)$applied$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'ledger', 'ok', :'slipway_began', $(digest)$$(digest)$);
\o step
\qecho verification
\o
SELECT clock_timestamp() AS slipway_began \gset
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$three tables$(digest)$, $(digest)$SELECT count(*) FROM pg_tables WHERE tablename IN ('trip_usage_classification', 'personal_use_policies', 'personal_use_charges')$(digest)$, NULL, $(digest)$3$(digest)$, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$eight indexes besides those of keys$(digest)$, $(digest)$SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'idx\_trip\_usage\_%' OR indexname LIKE 'idx\_personal\_use\_%'$(digest)$, NULL, $(digest)$8$(digest)$, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$three views$(digest)$, $(digest)$SELECT count(*) FROM pg_views WHERE viewname IN ('v_monthly_personal_use_summary', 'v_driver_usage_vs_limits', 'v_pending_charges_summary')$(digest)$, NULL, $(digest)$3$(digest)$, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$the monthly summary answers$(digest)$, $(digest)$SELECT count(*) FROM v_monthly_personal_use_summary$(digest)$, 1, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$the drivers' limits answer$(digest)$, $(digest)$SELECT count(*) FROM v_driver_usage_vs_limits$(digest)$, 1, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$the pending charges answer$(digest)$, $(digest)$SELECT count(*) FROM v_pending_charges_summary$(digest)$, 1, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$the trips answer$(digest)$, $(digest)$SELECT count(*) FROM trip_usage_classification$(digest)$, 1, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$the policies answer$(digest)$, $(digest)$SELECT count(*) FROM personal_use_policies$(digest)$, 1, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$the charges answer$(digest)$, $(digest)$SELECT count(*) FROM personal_use_charges$(digest)$, 1, NULL, NULL, NULL);
CALL pg_temp.slipway_check($(digest)$verification$(digest)$, $(digest)$three triggers$(digest)$, $(digest)$SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text IN ('trip_usage_classification', 'personal_use_policies', 'personal_use_charges')$(digest)$, NULL, $(digest)$3$(digest)$, NULL, NULL);
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'verification', 'ok', :'slipway_began', $(digest)$10 checks$(digest)$);
COMMIT;
BEGIN;
\o step
\qecho triggers
\o
SELECT clock_timestamp() AS slipway_began \gset
SAVEPOINT slipway_trigger;
CALL pg_temp.slipway_act($(digest)$a changed policy is stamped$(digest)$, $(digest)$INSERT INTO personal_use_policies (tenant_id, allow_personal_use, require_approval, max_personal_miles_per_month, max_personal_miles_per_year, charge_personal_use, personal_use_rate_per_mile, effective_date, updated_at) VALUES ('00000000-0000-0000-0000-000000000000', true, true, 200, 1000, true, 0.25, current_date, '2000-01-01'); UPDATE personal_use_policies SET allow_personal_use = false WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$(digest)$);
CALL pg_temp.slipway_check($(digest)$trigger$(digest)$, $(digest)$a changed policy is stamped$(digest)$, $(digest)$SELECT updated_at > '2001-01-01' FROM personal_use_policies WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$(digest)$, NULL, $(digest)$true$(digest)$, NULL, NULL);
ROLLBACK TO SAVEPOINT slipway_trigger;
RELEASE SAVEPOINT slipway_trigger;
SAVEPOINT slipway_trigger;
CALL pg_temp.slipway_act($(digest)$a changed trip is stamped$(digest)$, $(digest)$INSERT INTO trip_usage_classification (tenant_id, vehicle_id, driver_id, usage_type, miles_total, trip_date, updated_at) VALUES ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), gen_random_uuid(), 'business', 50, current_date, '2000-01-01'); UPDATE trip_usage_classification SET business_purpose = 'Client meeting' WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$(digest)$);
CALL pg_temp.slipway_check($(digest)$trigger$(digest)$, $(digest)$a changed trip is stamped$(digest)$, $(digest)$SELECT updated_at > '2001-01-01' FROM trip_usage_classification WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$(digest)$, NULL, $(digest)$true$(digest)$, NULL, NULL);
ROLLBACK TO SAVEPOINT slipway_trigger;
RELEASE SAVEPOINT slipway_trigger;
SAVEPOINT slipway_trigger;
CALL pg_temp.slipway_act($(digest)$a changed charge is stamped$(digest)$, $(digest)$INSERT INTO personal_use_charges (tenant_id, driver_id, charge_period, miles_charged, amount, updated_at) VALUES ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), '2025-11', 10, 2.5, '2000-01-01'); UPDATE personal_use_charges SET amount = 5 WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$(digest)$);
CALL pg_temp.slipway_check($(digest)$trigger$(digest)$, $(digest)$a changed charge is stamped$(digest)$, $(digest)$SELECT updated_at > '2001-01-01' FROM personal_use_charges WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$(digest)$, NULL, $(digest)$true$(digest)$, NULL, NULL);
ROLLBACK TO SAVEPOINT slipway_trigger;
RELEASE SAVEPOINT slipway_trigger;
SELECT pg_temp.slipway_line($(digest)$005-personal-business-use$(digest)$, 'triggers', 'ok', :'slipway_began', $(digest)$3 triggers$(digest)$);
ROLLBACK;
