-- Takes the indexes away one by one, while the application writes.
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_accounts_status;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_accounts_owner;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_accounts_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_deposits_account;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_deposits_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_deposits_type;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_account;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_category;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_payee;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_status;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_paid;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_creator;
DROP INDEX CONCURRENTLY IF EXISTS idx_expense_payments_pending;
