"""Fit a matrix factorisation: the numba engine against scikit-surprise."""

from typing import Any

import numpy as np
from surprise import SVD

from benchmarks.measurement import median_s, ratio_row
from benchmarks.synthetic import make_ratings, svd_params, to_surprise
from marquee.models.ratings import Ratings
from marquee.models.svd import Svd
from marquee.tables.interactions import Interactions

EPOCHS = 15
MOST_RMSE_APART = 0.002


def measure() -> list[dict[str, Any]]:
    """Time both on the same ratings in the same order; compare them on held-out ratings."""
    data, held_out = make_ratings()
    params = svd_params("numba", EPOCHS)
    ours = Svd.fit(data, params)  # compiles the kernels
    ours_s = median_s(lambda: Svd.fit(data, params))
    theirs, theirs_s = _surprise(data)
    pairs = data.user_ids[held_out.users], data.movie_ids[held_out.movies]
    their_stars = [theirs.predict(*pair).est for pair in zip(*pairs, strict=True)]
    apart = _rmse(ours.predict(*pairs), held_out) - _rmse(np.array(their_stars), held_out)
    row = ratio_row(
        f"fit SVD, 1.9M ratings × 100 factors × {EPOCHS} epochs",
        "Surprise `SVD`, same data and hyper-parameters",
        ours_s=ours_s,
        theirs_s=theirs_s,
        at_least=10,
        note=f"held-out RMSE {apart:+.5f} from Surprise's (asked: within {MOST_RMSE_APART}); "
        "ours compiled beforehand and from arrays to the finished model, Surprise's without "
        "building its trainset, ratings ordered by user, which suits it best",
    )
    row["met"] = row["met"] and abs(apart) <= MOST_RMSE_APART
    return [row]


def _surprise(data: Interactions) -> tuple[SVD, float]:
    trainset = to_surprise(data)
    svd = svd_params("surprise", EPOCHS).svd
    algorithm = SVD(
        n_factors=svd.factors,
        n_epochs=svd.epochs,
        lr_all=svd.learning_rate,
        reg_all=svd.regularisation,
        random_state=1,
    )
    return algorithm, median_s(lambda: algorithm.fit(trainset))


def _rmse(stars: np.ndarray, ratings: Ratings) -> float:
    return float(np.sqrt(np.mean((stars.astype(float) - ratings.stars) ** 2)))


if __name__ == "__main__":
    print(measure())
