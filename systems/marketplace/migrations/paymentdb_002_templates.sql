INSERT INTO payment_plan_templates (name, months, deposit_percent) VALUES
('12 months', 12, 20), ('24 months', 24, 15), ('36 months', 36, 10), ('48 months', 48, 10)
ON CONFLICT (name) DO NOTHING;
