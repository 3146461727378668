"""The system's RabbitMQ: what its operator runs, and what is in it from the start."""
