-- Takes the administrator back as long as nobody has set its password.
DELETE FROM users WHERE email = 'admin@marketplace.example.com' AND password_hash = '!';
