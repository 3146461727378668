CREATE TABLE payment_plan_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    months smallint NOT NULL CHECK (months BETWEEN 1 AND 84),
    deposit_percent numeric(5, 2) NOT NULL CHECK (deposit_percent BETWEEN 0 AND 100)
);
CREATE TABLE payment_plans (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id uuid NOT NULL REFERENCES payment_plan_templates (id),
    user_id uuid NOT NULL,
    vehicle_id uuid NOT NULL,
    total numeric(14, 2) NOT NULL CHECK (total > 0),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed', 'defaulted', 'cancelled')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    plan_id uuid NOT NULL REFERENCES payment_plans (id),
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    provider text NOT NULL CHECK (provider IN ('mtn', 'airtel', 'bank', 'cash')),
    provider_reference text UNIQUE,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'succeeded', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_payments_plan ON payments (plan_id, created_at);
