-- Gives the column and its views their old name back.

DROP VIEW revenue_analytics_optimized;
DROP VIEW products_list_view;
DROP VIEW company_revenue_analytics;

ALTER TABLE client_products RENAME COLUMN fixed_fee_facilitated TO fixed_cost;

CREATE VIEW company_revenue_analytics AS
SELECT
    company,
    count(*) AS products,
    sum(fixed_cost) AS fixed_cost,
    sum(percentage_fee * 100) AS percentage_fees,
    sum(coalesce(fixed_cost, 0) + coalesce(percentage_fee * 100, 0)) AS total_revenue
FROM client_products
WHERE status = 'active'
GROUP BY company;

CREATE VIEW products_list_view AS
SELECT id, client_id, product_name, fixed_cost, percentage_fee, status
FROM client_products;

CREATE VIEW revenue_analytics_optimized AS
SELECT client_id, sum(coalesce(fixed_cost, 0) + coalesce(percentage_fee * 100, 0)) AS total_revenue
FROM client_products
WHERE status = 'active'
GROUP BY client_id;
