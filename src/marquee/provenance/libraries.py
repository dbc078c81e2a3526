"""The libraries that ``requirements.lock`` pins, beside the ones that are installed."""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from marquee.errors import ProvenanceError

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Library:
    """A pinned library; several versions where they depend on the Python, ``installed`` None where
    it is not (pinned for another platform, say).
    """

    name: str
    locked: tuple[str, ...]
    installed: str | None

    @property
    def differs(self) -> bool:
        """Say whether a version that nobody pinned is installed."""
        return self.installed is not None and self.installed not in self.locked


def read_libraries(path: Path) -> tuple[Library, ...]:
    """Read the pins of a lock file in its order; a missing one is a :class:`ProvenanceError`."""
    if not path.is_file():
        raise ProvenanceError(f"{path}: no such file; expected the pinned libraries")
    locked: dict[str, tuple[str, ...]] = {}
    for name, pinned in _PIN.findall(path.read_text(encoding="utf-8")):
        locked[name] = (*locked.get(name, ()), pinned)
    return tuple(Library(name, pins, _installed(name)) for name, pins in locked.items())


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
