"""Alerts: what is wrong, since when, and who was told."""
