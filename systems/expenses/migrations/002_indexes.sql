-- Indexes for lists, sums and reports. Built while the application writes; each may be built again on its own.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_accounts_status ON expense_accounts (status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_accounts_owner ON expense_accounts (owner_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_accounts_created ON expense_accounts (created_at);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_deposits_account ON expense_account_deposits (account_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_deposits_created ON expense_account_deposits (created_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_deposits_type ON expense_account_deposits (deposit_type);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_account ON expense_account_payments (account_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_category ON expense_account_payments (category_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_payee ON expense_account_payments (payee_type, payee_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_status ON expense_account_payments (status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_paid ON expense_account_payments (paid_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_created ON expense_account_payments (created_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_account_paid ON expense_account_payments (account_id, paid_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_creator ON expense_account_payments (created_by);
