"""A model's version leads back to its data; its popularity is a model too."""

from pathlib import Path

import numpy as np
import pytest

from marquee.errors import ModelError, ProvenanceError
from marquee.models.base import Recommender
from marquee.models.registry import fit_model
from marquee.provenance.digest import digest_path
from marquee.service.load import load_versioned, popularity_of

from ..models.examples import CASES, low_rank, make_params, name_case

RATINGS = low_rank(30, 20)
LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: train
    outs:
    - path: data/model
      hash: md5
      md5: {md5}
      size: 1
      nfiles: 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    fit_model(RATINGS, make_params("user_knn")).save(folder)
    return folder


def lock(folder: Path, md5: str) -> None:
    (folder.parent / "dvc.lock").write_text(LOCK.format(md5=md5))


def test_a_version_is_the_head_of_the_recorded_digest(folder: Path) -> None:
    digest = digest_path(folder, folder.parent)
    assert digest is not None
    lock(folder, digest.md5)
    model, version = load_versioned(folder, folder.parent)
    assert model.name == "user_knn"
    assert version.digest == digest.md5
    assert version.name == digest.md5[:12]


def test_a_model_that_no_lock_recorded_has_no_version(folder: Path) -> None:
    lock(folder, "0" * 32 + ".dir")
    with pytest.raises(ProvenanceError, match=r"which no stage of dvc\.lock made"):
        load_versioned(folder, folder.parent)


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model there; dvc checkout or dvc repro"):
        load_versioned(tmp_path / "model", tmp_path)


@pytest.mark.parametrize("case", CASES, ids=name_case)
def test_the_popularity_of_a_model_is_what_popularity_would_have_learnt(
    case: tuple[str, dict[str, str]],
) -> None:
    model: Recommender = fit_model(RATINGS, make_params(case[0], **case[1]))
    fitted = fit_model(RATINGS, make_params("popularity"))
    popular = popularity_of(model)
    assert popular.recommend(1, 20) == fitted.recommend(1, 20)
    assert popular.predict(np.array([1]), fitted.movie_ids[:1]) is None
