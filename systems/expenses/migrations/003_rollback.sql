-- Categories that a payment uses stay.
DELETE FROM expense_categories AS category
WHERE NOT EXISTS (SELECT FROM expense_account_payments AS payment WHERE payment.category_id = category.id);
