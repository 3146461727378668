-- Takes the seeded templates back; those that a payment plan has stay.
DELETE FROM payment_plan_templates AS template
WHERE template.name IN ('12 months', '24 months', '36 months', '48 months')
AND NOT EXISTS (SELECT FROM payment_plans AS plan WHERE plan.template_id = template.id);
