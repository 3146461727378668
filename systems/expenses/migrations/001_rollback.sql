-- Takes the expense accounts back. Every account, deposit and payment is deleted with them.
DROP TABLE IF EXISTS expense_account_payments;
DROP TABLE IF EXISTS expense_account_deposits;
DROP TABLE IF EXISTS expense_accounts;
DROP TABLE IF EXISTS expense_categories;
