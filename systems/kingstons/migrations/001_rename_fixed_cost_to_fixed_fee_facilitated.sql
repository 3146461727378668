-- The fixed cost of a product is a fee that was facilitated: column and views take its name.
-- Views follow a renamed column by themselves, but their own columns keep the old name; renaming those too keeps the
-- views' definitions and grants as they are, which making them anew would not.

ALTER TABLE client_products RENAME COLUMN fixed_cost TO fixed_fee_facilitated;

DO $$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        SELECT table_schema, table_name, column_name
        FROM information_schema.columns
        WHERE table_name IN ('company_revenue_analytics', 'products_list_view', 'revenue_analytics_optimized')
        AND column_name LIKE '%fixed\_cost%'
    LOOP
        EXECUTE format(
            'ALTER VIEW %I.%I RENAME COLUMN %I TO %I',
            shown.table_schema,
            shown.table_name,
            shown.column_name,
            replace(shown.column_name, 'fixed_cost', 'fixed_fee_facilitated')
        );
    END LOOP;
END;
$$;
