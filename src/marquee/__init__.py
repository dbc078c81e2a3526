"""Marquee: a reproducible movie recommender with a monitored life in production."""
