"""The committed JSON of the dashboards, and whether it is what the code describes."""

from collections.abc import Mapping
from pathlib import Path

from marquee.artifacts import canonical_json, whole
from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.grafana import to_grafana
from marquee.errors import DataError


def built() -> Mapping[str, bytes]:
    """Return the content of each file by its name."""
    return {
        f"{dashboard.name}.json": canonical_json(to_grafana(dashboard))
        for dashboard in all_dashboards()
    }


def build(folder: Path) -> tuple[Path, ...]:
    """Write the dashboards to ``folder`` and return the files that changed; others stay.

    A folder that cannot be written is a :class:`~marquee.errors.DataError`.
    """
    changed = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in built().items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != content:
                with whole(path) as room:
                    room.write_bytes(content)
                changed.append(path)
    except OSError as error:
        raise DataError(f"{error.filename or folder}: {error.strerror}") from None
    return tuple(changed)


def check(folder: Path) -> None:
    """Raise :class:`~marquee.errors.DataError` unless ``folder`` holds what would be built.

    It names the first file that is missing, differs, or that nothing describes.
    """
    expected = built()
    found = {path.name for path in folder.glob("*.json")}
    for name in sorted(expected.keys() | found):
        path = folder / name
        if name not in expected:
            raise DataError(f"{path}: found a dashboard that src/marquee/dashboards does not make")
        if name not in found or path.read_bytes() != expected[name]:
            state = "differs" if name in found else "is missing"
            raise DataError(
                f"{path}: {state}; expected what `marquee dashboards build` writes: run it and "
                "commit the result"
            )
