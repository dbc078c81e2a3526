"""Telemetry: the event log into the database, exactly once in effect."""
