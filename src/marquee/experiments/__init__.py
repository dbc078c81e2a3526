"""Is a difference real: comparisons between runs."""
