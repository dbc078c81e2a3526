"""One request, one answer: assign, recommend, fall back, and say all of it in the event."""

import logging
import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import numpy as np

from marquee.events import Recommendation, Served
from marquee.experiments.assignment import assign
from marquee.models.base import Recommender

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arm:
    """What a variant answers with, and its weight beside the other variants."""

    model: Recommender
    model_version: str
    weight: int = 1

    def knows(self, user_id: int) -> bool:
        """Say whether the model's list is the user's own: not for one that it has never met.

        Online, users are numbers: a model whose users are texts knows none of them.
        """
        return bool(self.model.knows(np.array([user_id]))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationService:
    """The variants of one experiment, and what stands in for a model that fails.

    ``server`` is the ``HOST:PORT`` that the log names. ``clock`` counts seconds.
    """

    arms: Mapping[str, Arm]
    fallback: Recommender
    experiment: str
    server: str
    new_request_id: Callable[[], UUID] = uuid4
    clock: Callable[[], float] = time.perf_counter

    def recommend(
        self, user_id: int, n: int, at: datetime, exclude: Collection[str] = ()
    ) -> Recommendation:
        """Answer with up to ``n`` movies, none of ``exclude``; never raises for a failing model.

        Where the model fails the fallback answers, impersonally; where that fails too the status
        is 500 and the error is the exception's class. Latency is in whole milliseconds, rounded
        up.
        """
        begin = self.clock()
        variant = assign(
            user_id, self.experiment, {name: a.weight for name, a in self.arms.items()}
        )
        arm = self.arms[variant]
        movie_ids, personalised, error = self._answer(arm, user_id, n, exclude)
        return Recommendation(
            at=at,
            user_id=user_id,
            server=self.server,
            status=500 if error else 200,
            movie_ids=tuple(movie_ids),
            error=error,
            latency_ms=math.ceil((self.clock() - begin) * 1000),
            served=Served(self.new_request_id(), variant, arm.model_version, personalised),
        )

    def warm_up(self) -> None:
        """Ask every model once, so that the first user does not wait for its kernels."""
        for arm in self.arms.values():
            for user_id in (-1, *arm.model.user_ids[:1].tolist()):
                self._answer(arm, user_id, 1, ())

    def _answer(
        self, arm: Arm, user_id: int, n: int, exclude: Collection[str]
    ) -> tuple[list[str], bool, str | None]:
        """Return the movies, whether they are the user's own, and the error if there are none."""
        try:
            return arm.model.recommend(user_id, n, exclude), arm.knows(user_id), None
        except Exception:
            logger.exception("model_failed model_version=%s", arm.model_version)
        try:
            return self.fallback.recommend(user_id, n, exclude), False, None
        except Exception as error:
            logger.exception("fallback_failed")
            return [], False, type(error).__name__
