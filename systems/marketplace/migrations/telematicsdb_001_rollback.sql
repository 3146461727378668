DROP TABLE IF EXISTS positions, devices;
