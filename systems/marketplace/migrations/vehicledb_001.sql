CREATE TABLE vehicle_categories (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE
);
CREATE TABLE vehicles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    category_id uuid NOT NULL REFERENCES vehicle_categories (id),
    dealer_id uuid NOT NULL,
    make text NOT NULL,
    model text NOT NULL,
    year smallint NOT NULL CHECK (year BETWEEN 1950 AND 2100),
    price numeric(14, 2) NOT NULL CHECK (price > 0),
    status text NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'reserved', 'rented', 'sold')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_vehicles_search ON vehicles (status, category_id, price);
