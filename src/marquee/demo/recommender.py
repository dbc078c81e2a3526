"""The recommender of the demo: the trained model against popularity, half of the users each."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from marquee.demo.people import Seen
from marquee.errors import ParameterError
from marquee.params import Params, load_params
from marquee.provenance.lock import Lock, read_lock
from marquee.service.load import Version, load_versioned, popularity_of
from marquee.service.recommend import Arm, RecommendationService
from marquee.tables.interactions import read_interactions

_CONTROL = "popularity"
_SERVER = "recommender.marquee.example:8082"


@dataclass(frozen=True, slots=True)
class Trained:
    """What ``make repro`` left: its parameters, its model in service, what its users have seen."""

    params: Params
    service: RecommendationService
    version: Version
    seen: Seen


def load_trained(root: Path) -> Trained:
    """Load the model of the pipeline in ``root``, and popularity as its control.

    A pipeline that does not run on simulated data is a :class:`~marquee.errors.ParameterError`:
    there are no other people to play. So are parameters of other people than the model knows.
    """
    params = load_params(root / "params.yaml")
    if params.ingest.source != "simulator":
        raise ParameterError(
            f"params.yaml: ingest.source = {params.ingest.source}: the demo plays the simulated "
            "users that the model was trained on, expected simulator"
        )
    model, version = load_versioned(root / "data/model", root)
    _expect_trained_on(params, read_lock(root / "dvc.lock"))
    popularity = popularity_of(model)
    arms = {_CONTROL: Arm(popularity, version.name), model.name: Arm(model, version.name)}
    service = RecommendationService(
        arms=arms, fallback=popularity, experiment="demo", server=_SERVER
    )
    service.warm_up()
    return Trained(params, service, version, _seen(root / "data/tables"))


def _expect_trained_on(params: Params, lock: Lock) -> None:
    """Check that the people of the parameters are those whose data the model was fitted on."""
    trained = {
        name: value
        for stage in lock.lineage("data/model")
        for name, value in stage.params.get("params.yaml", {}).get("ingest", {}).items()
    }
    wanted = params.ingest.model_dump(include={"source", "rating_scale", "simulator"})
    for name, value in wanted.items():
        if trained.get(name) != value:
            raise ParameterError(
                f"params.yaml: ingest.{name} is not what data/model was trained on; `make repro` "
                "trains it anew"
            )


def _seen(tables: Path) -> Seen:
    splits = (tables / f"{split}.parquet" for split in ("train", "validation", "test"))
    rows = read_interactions(splits)
    seen = defaultdict(set)
    for user_idx, movie_idx in zip(rows.user_idx.tolist(), rows.movie_idx.tolist(), strict=True):
        seen[int(rows.user_ids[user_idx])].add(str(rows.movie_ids[movie_idx]))
    return {user_id: frozenset(movie_ids) for user_id, movie_ids in seen.items()}
