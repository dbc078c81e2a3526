"""The checks: each reads figures and judges them, apart from each other."""
