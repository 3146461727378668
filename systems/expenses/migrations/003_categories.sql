-- Categories of payments for an application that has none yet.
INSERT INTO expense_categories (name, emoji) VALUES
('Travel', '✈️'), ('Accommodation', '🏨'), ('Meals', '🍽️'), ('Fuel', '⛽'), ('Vehicle', '🚗'),
('Office supplies', '📎'), ('Equipment', '🛠️'), ('Software', '💻'), ('Communication', '📱'), ('Training', '🎓'),
('Medical', '🏥'), ('Utilities', '💡'), ('Rent', '🏢'), ('Insurance', '🛡️'), ('Marketing', '📣'),
('Shipping', '📦'), ('Bank charges', '🏦'), ('Other', '🗂️')
ON CONFLICT (name) DO NOTHING;
