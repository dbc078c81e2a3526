"""The models there are, by name; each is imported when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from marquee.errors import ModelError
from marquee.models.base import Recommender
from marquee.models.folder import read_config
from marquee.params import TrainParams
from marquee.tables.interactions import Interactions

MODELS: Mapping[str, tuple[str, str]] = {
    "popularity": ("marquee.models.popularity", "Popularity"),
    "svd": ("marquee.models.svd", "Svd"),
    "user_knn": ("marquee.models.user_knn", "UserKnn"),
    "als": ("marquee.models.als", "Als"),
}
"""Each model's module and class; the names are those that ``train.model`` may have."""


def model_class(name: str) -> type[Recommender]:
    """Return the class of one of :data:`MODELS`."""
    module, attribute = MODELS[name]
    found: type[Recommender] = getattr(import_module(module), attribute)
    return found


def fit_model(interactions: Interactions, params: TrainParams) -> Recommender:
    """Fit the model that ``params`` name; :class:`ModelError` where there are no rows."""
    if not len(interactions):
        raise ModelError(f"{params.model}: found no rows to fit on, expected at least one")
    return model_class(params.model).fit(interactions, params)


def load_model(folder: Path) -> Recommender:
    """Load whichever model stands in ``folder``; :class:`ModelError` where none does."""
    name = read_config(folder).get("name", "")
    if name not in MODELS:
        raise ModelError(f"{folder}: found a model {name!r}, expected one of {', '.join(MODELS)}")
    return model_class(name).load(folder)
