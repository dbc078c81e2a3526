"""The trained model as the service wants it: known by its digest, popularity beside it."""

from pathlib import Path

import numpy as np

from marquee.errors import ModelError, ProvenanceError
from marquee.models.base import Recommender
from marquee.models.fitted import Fitted
from marquee.models.popularity import Popularity
from marquee.models.registry import load_model
from marquee.provenance.digest import digest_path
from marquee.provenance.lock import read_lock

_VERSION_LENGTH = 12


def load_versioned(folder: Path, root: Path) -> tuple[Recommender, str]:
    """Load the model in ``folder``, and name its version: the first 12 digits of its digest.

    :class:`ProvenanceError` where ``root``'s ``dvc.lock`` did not record this digest, so that each
    version leads back to its data; :class:`ModelError` where the folder holds no model.
    """
    digest = digest_path(folder, root)
    if digest is None:
        raise ModelError(f"{folder}: no model there; dvc checkout or dvc repro brings it back")
    if read_lock(root / "dvc.lock").made(digest) is None:
        raise ProvenanceError(f"{folder}: {digest}, which no stage of dvc.lock made")
    return load_model(folder), digest.md5[:_VERSION_LENGTH]


def popularity_of(model: Recommender) -> Popularity:
    """Return the popularity that a model counted when it was fitted, as a model of its own.

    It ranks the model's own catalogue and predicts no ratings. :class:`ModelError` where the model
    counted none.
    """
    if not isinstance(model, Fitted):
        raise ModelError(f"{model.name}: expected a model that counts how popular its movies are")
    return Popularity(
        fit_on=model.fit_on,
        seed=model.seed,
        params={},
        user_ids=model.user_ids,
        movie_ids=model.movie_ids,
        popularity=model.popularity,
        mean=float("nan"),
        movie_offset=np.empty(0, np.float32),
    )
