"""Offline evaluation and fairness of a fitted model."""
