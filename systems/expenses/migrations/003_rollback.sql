-- Takes the seeded categories back; those that people added or that a payment uses stay.
DELETE FROM expense_categories AS category
WHERE category.name IN (
    'Travel', 'Accommodation', 'Meals', 'Fuel', 'Vehicle', 'Office supplies', 'Equipment', 'Software',
    'Communication', 'Training', 'Medical', 'Utilities', 'Rent', 'Insurance', 'Marketing', 'Shipping', 'Bank charges',
    'Other'
)
AND NOT EXISTS (SELECT FROM expense_account_payments AS payment WHERE payment."categoryId" = category.id);
