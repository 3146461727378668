-- Expense accounts, their deposits and payments, and the categories of payments.
-- Columns are named as the application's Prisma models name them, so they are quoted.

CREATE TABLE expense_categories (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    emoji text NOT NULL,
    "createdAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE expense_accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "accountNumber" text NOT NULL UNIQUE CHECK ("accountNumber" LIKE 'ACC-%'),
    "accountName" text NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'ARCHIVED')),
    balance numeric(14, 2) NOT NULL DEFAULT 0,
    "lowBalanceThreshold" numeric(14, 2) CHECK ("lowBalanceThreshold" >= 0),
    "ownerId" uuid,
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "updatedAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE expense_account_deposits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "accountId" uuid NOT NULL REFERENCES expense_accounts (id),
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    "depositType" text NOT NULL DEFAULT 'MANUAL',
    notes text,
    "createdBy" uuid,
    "createdAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE expense_account_payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "accountId" uuid NOT NULL REFERENCES expense_accounts (id),
    "categoryId" uuid NOT NULL REFERENCES expense_categories (id),
    "payeeType" text NOT NULL CHECK ("payeeType" IN ('EMPLOYEE', 'CONTRACTOR', 'VENDOR')),
    "payeeId" uuid,
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    "paymentNumber" text NOT NULL UNIQUE,
    status text NOT NULL DEFAULT 'PAID' CHECK (status IN ('PENDING', 'PAID', 'VOID')),
    notes text,
    "createdBy" uuid,
    "paidAt" timestamptz,
    "createdAt" timestamptz NOT NULL DEFAULT now()
);
