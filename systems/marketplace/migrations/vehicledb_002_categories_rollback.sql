-- Takes the seeded categories back; those that a vehicle has stay.
DELETE FROM vehicle_categories AS category
WHERE category.name IN ('Motorcycle', 'Three-wheeler', 'Car', 'Van', 'Pickup', 'Truck', 'Bus', 'Electric')
AND NOT EXISTS (SELECT FROM vehicles AS vehicle WHERE vehicle.category_id = category.id);
