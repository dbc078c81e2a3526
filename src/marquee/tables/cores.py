"""How many cores there are to share work out to. Results never tell."""

import os


def count_cores() -> int:
    """Return the cores that this process may run on, where the system tells, else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
