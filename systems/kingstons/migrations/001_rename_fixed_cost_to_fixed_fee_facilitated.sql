-- The fixed cost of a product is a fee that was facilitated: column and views take its name.
-- Views keep what they select under the old name of a renamed column, so they are made anew.

DROP VIEW revenue_analytics_optimized;
DROP VIEW products_list_view;
DROP VIEW company_revenue_analytics;

ALTER TABLE client_products RENAME COLUMN fixed_cost TO fixed_fee_facilitated;

CREATE VIEW company_revenue_analytics AS
SELECT
    company,
    count(*) AS products,
    sum(fixed_fee_facilitated) AS fixed_fee_facilitated,
    sum(percentage_fee * 100) AS percentage_fees,
    sum(coalesce(fixed_fee_facilitated, 0) + coalesce(percentage_fee * 100, 0)) AS total_revenue
FROM client_products
WHERE status = 'active'
GROUP BY company;

CREATE VIEW products_list_view AS
SELECT id, client_id, product_name, fixed_fee_facilitated, percentage_fee, status
FROM client_products;

CREATE VIEW revenue_analytics_optimized AS
SELECT client_id, sum(coalesce(fixed_fee_facilitated, 0) + coalesce(percentage_fee * 100, 0)) AS total_revenue
FROM client_products
WHERE status = 'active'
GROUP BY client_id;
