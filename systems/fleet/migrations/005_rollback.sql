-- Takes migration 005 back. Every record of personal use is deleted with it.

DROP VIEW IF EXISTS v_pending_charges_summary;
DROP VIEW IF EXISTS v_driver_usage_vs_limits;
DROP VIEW IF EXISTS v_monthly_personal_use_summary;
DROP TABLE IF EXISTS personal_use_charges;
DROP TABLE IF EXISTS trip_usage_classification;
DROP TABLE IF EXISTS personal_use_policies;
DROP FUNCTION IF EXISTS personal_use_touch_updated_at();
