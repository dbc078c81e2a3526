"""A small data set as callers would have it."""

import pandas as pd

MOVIES = pd.DataFrame(
    {
        "movie_id": ["alien", "brazil", "clue", "duel"],
        "title": ["Alien", "Brazil", "Clue", "Duel"],
        "year": [1979, 1985, 1985, None],
        "genres": ["Horror|SF", "SF", None, ""],
    }
)
ROWS = [
    (1, "alien", 5.0, 117),
    (1, "brazil", 4.0, 0),
    (1, "clue", None, 40),
    (2, "alien", 4.0, 100),
    (2, "brazil", None, 142),
    (2, "duel", 2.0, 30),
    (3, "alien", 3.0, 10),
    (3, "clue", 5.0, 94),
    (9, "elf", 4.0, 0),
]


def small_frame() -> pd.DataFrame:
    """Four users and five movies."""
    return pd.DataFrame(ROWS, columns=["user_id", "movie_id", "rating", "minutes"])
