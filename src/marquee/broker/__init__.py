"""The broker: how Kafka is reached, asked and read, and what its errors mean."""
