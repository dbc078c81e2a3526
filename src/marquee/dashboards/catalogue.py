"""All dashboards."""

from marquee.dashboards.model import Dashboard
from marquee.dashboards.overview import overview
from marquee.telemetry.thresholds import Thresholds, load_thresholds

_PAGES = (overview,)


def all_dashboards(thresholds: Thresholds | None = None) -> tuple[Dashboard, ...]:
    """Describe every dashboard; ``thresholds`` stand for those of ``monitoring/``."""
    given = thresholds or load_thresholds()
    return tuple(page(given) for page in _PAGES)
