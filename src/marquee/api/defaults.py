"""The hyper-parameters that ``marquee.fit`` starts from."""

from typing import Any

HYPERPARAMETERS: dict[str, dict[str, Any]] = {
    "popularity": {"count": "liked", "half_life_days": 365, "damping": 5},
    "svd": {
        "engine": "numba",
        "factors": 50,
        "epochs": 40,
        "learning_rate": 0.01,
        "regularisation": 0.05,
        "init_std": 0.01,
    },
    "user_knn": {
        "engine": "sparse",
        "neighbours": 100,
        "shrinkage": 10,
        "smoothing": 1,
        "damping": 5,
    },
    "als": {"factors": 32, "iterations": 15, "regularisation": 10.0, "alpha": 2.0},
}
"""Those of each model."""
