DROP TABLE IF EXISTS payments, payment_plans, payment_plan_templates;
