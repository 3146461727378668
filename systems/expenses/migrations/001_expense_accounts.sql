-- Expense accounts, their deposits and payments, and the categories of payments.

CREATE TABLE expense_categories (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    emoji text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE expense_accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_number text NOT NULL UNIQUE CHECK (account_number LIKE 'ACC-%'),
    account_name text NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'ARCHIVED')),
    balance numeric(14, 2) NOT NULL DEFAULT 0,
    low_balance_threshold numeric(14, 2) CHECK (low_balance_threshold >= 0),
    owner_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE expense_account_deposits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES expense_accounts (id),
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    deposit_type text NOT NULL CHECK (deposit_type IN ('MANUAL', 'TRANSFER', 'RETURN')),
    notes text,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE expense_account_payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES expense_accounts (id),
    category_id uuid NOT NULL REFERENCES expense_categories (id),
    payee_type text NOT NULL CHECK (payee_type IN ('EMPLOYEE', 'CONTRACTOR', 'VENDOR')),
    payee_id uuid,
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    payment_number text NOT NULL UNIQUE,
    status text NOT NULL DEFAULT 'PAID' CHECK (status IN ('PENDING', 'PAID', 'VOID')),
    notes text,
    created_by uuid,
    paid_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
