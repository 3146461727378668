"""The system's RabbitMQ: the cluster that its operator runs, and the definitions that it starts with."""
