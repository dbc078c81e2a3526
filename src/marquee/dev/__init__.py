"""Real servers for a laptop and the tests, without Docker: a Kafka broker and PostgreSQL."""
