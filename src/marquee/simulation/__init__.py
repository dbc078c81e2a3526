"""A platform that never was: users, movies, traffic, faults; the truth of it stays known."""

from marquee.simulation.platform import Platform

__all__ = ["Platform"]
