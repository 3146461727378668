DROP INDEX IF EXISTS
    idx_expense_accounts_status, idx_expense_accounts_owner, idx_expense_accounts_created,
    idx_expense_deposits_account, idx_expense_deposits_created, idx_expense_deposits_type,
    idx_expense_payments_account, idx_expense_payments_category, idx_expense_payments_payee,
    idx_expense_payments_status, idx_expense_payments_paid, idx_expense_payments_created,
    idx_expense_payments_account_paid, idx_expense_payments_creator;
