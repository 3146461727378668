CREATE TABLE credit_applications (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    monthly_income numeric(14, 2) NOT NULL CHECK (monthly_income >= 0),
    status text NOT NULL DEFAULT 'submitted' CHECK (status IN ('submitted', 'scored', 'approved', 'declined')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE credit_scores (
    application_id uuid PRIMARY KEY REFERENCES credit_applications (id),
    score smallint NOT NULL CHECK (score BETWEEN 0 AND 1000),
    scored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_credit_applications_user ON credit_applications (user_id, created_at);
