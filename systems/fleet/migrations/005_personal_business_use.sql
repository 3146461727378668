-- Personal and business use of vehicles: policies of tenants, classified trips, charges.

CREATE TABLE personal_use_policies (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL UNIQUE,
    allow_personal_use boolean NOT NULL DEFAULT false,
    require_approval boolean NOT NULL DEFAULT true,
    max_personal_miles_per_month integer CHECK (max_personal_miles_per_month >= 0),
    max_personal_miles_per_year integer CHECK (max_personal_miles_per_year >= 0),
    charge_personal_use boolean NOT NULL DEFAULT false,
    personal_use_rate_per_mile numeric(8, 4) CHECK (personal_use_rate_per_mile >= 0),
    effective_date date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE trip_usage_classification (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    vehicle_id uuid NOT NULL,
    driver_id uuid NOT NULL,
    usage_type text NOT NULL CHECK (usage_type IN ('business', 'personal', 'mixed')),
    business_purpose text,
    miles_total numeric(10, 2) NOT NULL CHECK (miles_total >= 0),
    miles_personal numeric(10, 2) NOT NULL DEFAULT 0 CHECK (miles_personal BETWEEN 0 AND miles_total),
    trip_date date NOT NULL,
    approval_status text NOT NULL DEFAULT 'pending' CHECK (approval_status IN ('pending', 'approved', 'rejected')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE personal_use_charges (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    driver_id uuid NOT NULL,
    charge_period text NOT NULL CHECK (charge_period ~ '^[0-9]{4}-[0-9]{2}$'),
    miles_charged numeric(10, 2) NOT NULL CHECK (miles_charged >= 0),
    amount numeric(12, 2) NOT NULL CHECK (amount >= 0),
    charge_status text NOT NULL DEFAULT 'pending' CHECK (charge_status IN ('pending', 'invoiced', 'paid', 'waived')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, driver_id, charge_period)
);

CREATE INDEX idx_trip_usage_tenant ON trip_usage_classification (tenant_id);
CREATE INDEX idx_trip_usage_driver_date ON trip_usage_classification (driver_id, trip_date);
CREATE INDEX idx_trip_usage_vehicle ON trip_usage_classification (vehicle_id);
CREATE INDEX idx_trip_usage_pending ON trip_usage_classification (tenant_id) WHERE approval_status = 'pending';
CREATE INDEX idx_trip_usage_type ON trip_usage_classification (tenant_id, usage_type);
CREATE INDEX idx_personal_use_policies_effective ON personal_use_policies (effective_date);
CREATE INDEX idx_personal_use_charges_driver ON personal_use_charges (driver_id, charge_period);
CREATE INDEX idx_personal_use_charges_pending ON personal_use_charges (tenant_id) WHERE charge_status = 'pending';

CREATE VIEW v_monthly_personal_use_summary AS
SELECT
    tenant_id,
    driver_id,
    date_trunc('month', trip_date)::date AS month,
    count(*) AS trips,
    sum(miles_total) AS miles_total,
    sum(miles_personal) AS miles_personal
FROM trip_usage_classification
GROUP BY tenant_id, driver_id, date_trunc('month', trip_date);

CREATE VIEW v_driver_usage_vs_limits AS
SELECT
    summary.tenant_id,
    summary.driver_id,
    summary.month,
    summary.miles_personal,
    policy.max_personal_miles_per_month,
    summary.miles_personal > policy.max_personal_miles_per_month AS over_limit
FROM v_monthly_personal_use_summary AS summary
LEFT JOIN personal_use_policies AS policy ON policy.tenant_id = summary.tenant_id;

CREATE VIEW v_pending_charges_summary AS
SELECT tenant_id, charge_period, count(*) AS charges, sum(amount) AS amount
FROM personal_use_charges
WHERE charge_status = 'pending'
GROUP BY tenant_id, charge_period;

CREATE FUNCTION personal_use_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = clock_timestamp();
    RETURN NEW;
END;
$$;

CREATE TRIGGER personal_use_policies_updated_at BEFORE UPDATE ON personal_use_policies
FOR EACH ROW EXECUTE FUNCTION personal_use_touch_updated_at();
CREATE TRIGGER trip_usage_classification_updated_at BEFORE UPDATE ON trip_usage_classification
FOR EACH ROW EXECUTE FUNCTION personal_use_touch_updated_at();
CREATE TRIGGER personal_use_charges_updated_at BEFORE UPDATE ON personal_use_charges
FOR EACH ROW EXECUTE FUNCTION personal_use_touch_updated_at();
