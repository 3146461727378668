-- Gives the column, and those of the views over it, their old name back.

ALTER TABLE client_products RENAME COLUMN fixed_fee_facilitated TO fixed_cost;

DO $$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        SELECT table_schema, table_name, column_name
        FROM information_schema.columns
        WHERE table_name IN ('company_revenue_analytics', 'products_list_view', 'revenue_analytics_optimized')
        AND column_name LIKE '%fixed\_fee\_facilitated%'
    LOOP
        EXECUTE format(
            'ALTER VIEW %I.%I RENAME COLUMN %I TO %I',
            shown.table_schema,
            shown.table_name,
            shown.column_name,
            replace(shown.column_name, 'fixed_fee_facilitated', 'fixed_cost')
        );
    END LOOP;
END;
$$;
