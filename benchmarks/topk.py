"""Top 20 of the full catalogue for every user, against a loop of Surprise predictions."""

import heapq
from typing import Any

import numpy as np
from surprise import SVD

from benchmarks.measurement import median_s, ratio_row
from benchmarks.synthetic import make_ratings, svd_params, to_surprise
from marquee.models.svd import Svd
from marquee.tables.interactions import Interactions

N = 20
SAMPLE = 20


def measure() -> list[dict[str, Any]]:
    """Time both with 100 factors; what was rated is left out of the lists."""
    data, _ = make_ratings()
    model = Svd.fit(data, svd_params("numba", epochs=1))
    model.recommend_many(data.user_ids[:1], N, data)  # compiles the kernels
    ours_s = median_s(lambda: model.recommend_many(data.user_ids, N, data))
    theirs_s = _surprise_s(data) * len(data.user_ids) / SAMPLE
    return [
        ratio_row(
            f"top-{N} for every user of that data, full catalogue, seen masked",
            f"a loop of Surprise predictions ({SAMPLE} users, extrapolated)",
            ours_s=ours_s,
            theirs_s=theirs_s,
            at_least=300,
            note=f"{len(data.user_ids)} users × {len(data.movie_ids)} movies × 100 factors, "
            "compiled beforehand",
        )
    ]


def _surprise_s(data: Interactions) -> float:
    """Return the seconds that it takes to predict and rank for a sample of users."""
    algorithm = SVD(n_factors=100, n_epochs=1, random_state=1).fit(to_surprise(data))
    rows = np.linspace(0, len(data.user_ids) - 1, SAMPLE).astype(int)
    seen = {user: set(data.movie_ids[data.movie_idx[data.user_idx == user]]) for user in rows}

    def rank() -> None:
        for user, movies in seen.items():
            unseen = (movie for movie in data.movie_ids if movie not in movies)
            stars = ((algorithm.predict(user, movie).est, movie) for movie in unseen)
            heapq.nlargest(N, stars)

    return median_s(rank)


if __name__ == "__main__":
    print(measure())
