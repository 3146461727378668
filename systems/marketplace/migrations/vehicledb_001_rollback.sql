DROP TABLE IF EXISTS vehicles, vehicle_categories;
