-- Indexes for lists, sums and reports. Built while the application writes; each may be built again on its own.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_accounts_status ON expense_accounts (status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_accounts_owner ON expense_accounts ("ownerId");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_accounts_created ON expense_accounts ("createdAt");

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_deposits_account
ON expense_account_deposits ("accountId", "createdAt");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_deposits_created ON expense_account_deposits ("createdAt");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_deposits_type ON expense_account_deposits ("depositType");

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_account ON expense_account_payments ("accountId", "paidAt");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_category
ON expense_account_payments ("categoryId", "paidAt");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_payee ON expense_account_payments ("payeeType", "payeeId");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_status ON expense_account_payments (status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_paid ON expense_account_payments ("paidAt");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_created ON expense_account_payments ("createdAt");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_creator ON expense_account_payments ("createdBy");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_expense_payments_pending
ON expense_account_payments ("accountId") WHERE status = 'PENDING';
