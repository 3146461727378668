CREATE TABLE devices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    vehicle_id uuid NOT NULL UNIQUE,
    serial_number text NOT NULL UNIQUE,
    installed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE positions (
    device_id uuid NOT NULL REFERENCES devices (id),
    recorded_at timestamptz NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    speed_kmh real CHECK (speed_kmh >= 0),
    PRIMARY KEY (device_id, recorded_at)
);
