"""The whole online half on one machine: traffic, recommender, broker, writer, figures."""
