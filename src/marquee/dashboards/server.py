"""A running Grafana, by the package ``grafana-api``: the one place that knows it."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import requests
from grafana_api.grafana_api import GrafanaException
from grafana_api.grafana_face import GrafanaFace

from marquee.errors import MarqueeError

Json = dict[str, Any]
R = TypeVar("R")

FOLDER = "marquee"
_FOLDER_TITLE = "Marquee"
_TIMEOUT_S = 10.0
_MOST = 10_000
_EXPECTED = {
    401: "expected the token of a service account in MARQUEE_GRAFANA_TOKEN",
    403: "expected a service account of the role Editor",
    404: "expected Grafana's address in MARQUEE_GRAFANA_URL",
    412: "expected nobody else to be changing it; try again",
}


class GrafanaError(MarqueeError):
    """A Grafana that cannot be reached, or refuses."""

    exit_code = 10


class Grafana:
    """Dashboards in a folder of their own and annotations, for as long as the block.

    Whatever goes wrong is a :class:`GrafanaError` of one line, without the token.
    """

    def __init__(self, url: str, token: str) -> None:
        where = urlsplit(url)
        if not re.fullmatch(r"[!-~]+", token):
            raise GrafanaError("MARQUEE_GRAFANA_TOKEN: found blanks or line breaks in it")
        self._url = url.rstrip("/")
        path = where.path.strip("/")
        self._api = GrafanaFace(
            token,
            host=where.netloc,
            protocol=where.scheme,
            url_path_prefix=f"{path}/" if path else "",
            timeout=_TIMEOUT_S,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.api.s.close()

    def dashboard(self, uid: str) -> tuple[Json, str] | None:
        """Return a dashboard and its folder's uid, None where there is none."""
        found = self._ask(lambda: self._api.dashboard.get_dashboard(uid), or_none=True)
        if found is None:
            return None
        try:
            return found["dashboard"], found["meta"].get("folderUid", "")
        except (KeyError, TypeError):
            raise self._error("the answer is no dashboard; expected Grafana's address") from None

    def save(self, dashboard: Json) -> None:
        """Put a dashboard in the place of the one with its uid, in Marquee's folder."""
        request = {
            "dashboard": dashboard,
            "folderUid": FOLDER,
            "message": "marquee dashboards push",
            "overwrite": True,
        }
        self._ask(lambda: self._api.dashboard.update_dashboard(request))

    def ensure_folder(self) -> None:
        """Make Marquee's folder where it is not."""
        if self._ask(lambda: self._api.folder.get_folder(FOLDER), or_none=True) is None:
            self._ask(lambda: self._api.folder.create_folder(_FOLDER_TITLE, FOLDER))

    def annotations(self, tags: Sequence[str], from_ms: int, to_ms: int) -> Sequence[Json]:
        """Return the annotations of a period that have all of these tags."""
        found: Sequence[Json] = self._ask(
            lambda: self._api.annotations.get_annotation(
                time_from=from_ms, time_to=to_ms, tags=tags, limit=_MOST
            )
        )
        return found

    def annotate(self, at_ms: int, tags: Sequence[str], text: str) -> None:
        """Add an annotation that all dashboards may show."""
        self._ask(
            lambda: self._api.annotations.add_annotation(
                time_from=at_ms, tags=list(tags), text=text
            )
        )

    def _ask(self, call: Callable[[], R], *, or_none: bool = False) -> Any:
        try:
            return call()
        except GrafanaException as error:
            if or_none and error.status_code == requests.codes.not_found and _is_grafanas(error):
                return None
            raise self._refused(error) from None
        # grafana-api stumbles over a refusal of plain text that has the word "message" in it.
        except (requests.JSONDecodeError, TypeError):
            raise self._error("the answer is not Grafana's; expected its address") from None
        except requests.Timeout:
            raise self._error(f"no answer within {_TIMEOUT_S:g} s") from None
        except requests.RequestException as error:
            raise self._error(f"cannot be reached ({type(error).__name__})") from None

    def _refused(self, error: GrafanaException) -> GrafanaError:
        message = error.response["message"] if _is_grafanas(error) else ""
        expected = _EXPECTED.get(error.status_code, "")
        parts = [f"{error.status_code}", str(message).splitlines()[0] if message else "", expected]
        return self._error("; ".join(part for part in parts if part))

    def _error(self, text: str) -> GrafanaError:
        return GrafanaError(f"Grafana at {self._url}: {text}")


def _is_grafanas(error: GrafanaException) -> bool:
    """Say whether Grafana refuses, and not what else stands at its address."""
    return isinstance(error.response, dict) and "message" in error.response
