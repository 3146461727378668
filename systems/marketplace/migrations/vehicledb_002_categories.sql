INSERT INTO vehicle_categories (name) VALUES
('Motorcycle'), ('Three-wheeler'), ('Car'), ('Van'), ('Pickup'), ('Truck'), ('Bus'), ('Electric')
ON CONFLICT (name) DO NOTHING;
