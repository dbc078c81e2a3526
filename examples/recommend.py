"""Fit a model on a DataFrame, save it, load it, recommend and explain.

    python examples/recommend.py

Put your own events in place of ``events``: a row says that a user met a movie.
``help(marquee.fit)`` names the columns.
"""

import random
import tempfile
from pathlib import Path

import pandas as pd

import marquee

GENRES = ("Comedy", "Horror", "Western")


def movies() -> pd.DataFrame:
    """Thirty movies, ten of each genre."""
    rows = [(f"{genre} {n}", genre) for genre in GENRES for n in range(1, 11)]
    return pd.DataFrame(
        {
            "movie_id": [title.lower().replace(" ", "-") for title, _ in rows],
            "title": [title for title, _ in rows],
            "year": range(1990, 2020),
            "genres": [[genre] for _, genre in rows],
        }
    )


def events() -> pd.DataFrame:
    """Two hundred people who mostly watch the genre that they love."""
    rng = random.Random(1)
    catalogue = movies()
    rows = []
    for n in range(200):
        loved = GENRES[n % 3]
        for movie_id, genre in zip(catalogue["movie_id"], catalogue["genres"], strict=True):
            is_loved = loved in genre
            if rng.random() < (0.5 if is_loved else 0.1):
                rows.append(
                    (f"person-{n}", movie_id, rng.choice((4, 5) if is_loved else (1, 2, 3)))
                )
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])


def main() -> None:
    """Show each step and what it returns."""
    with tempfile.TemporaryDirectory() as folder:
        marquee.fit(events(), "user_knn", movies=movies(), neighbours=30).save(
            Path(folder) / "model"
        )
        model = marquee.load(Path(folder) / "model")
        print(model)

        best = model.recommend("person-0", n=5)
        print(best[["rank", "title", "year", "score"]].to_string(index=False))
        print(f"Why {best['title'][0]}? {model.explain('person-0', best['movie_id'][0])}")

        print("Somebody new gets what is popular:")
        for title, why in model.recommend("somebody new", n=2, why=True)[["title", "why"]].values:
            print(f"  {title}: {why}")


if __name__ == "__main__":
    main()
