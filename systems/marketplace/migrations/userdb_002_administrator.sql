-- The first administrator. No password has the hash '!', so the account opens only once its owner has set one.
INSERT INTO users (email, password_hash, full_name, role)
VALUES ('admin@marketplace.example.com', '!', 'Administrator', 'admin')
ON CONFLICT (email) DO NOTHING;
