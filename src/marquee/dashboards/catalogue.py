"""All dashboards."""

from marquee.dashboards.data_quality import data_quality
from marquee.dashboards.experiment import experiment
from marquee.dashboards.fairness import fairness
from marquee.dashboards.latency import latency
from marquee.dashboards.model import Dashboard
from marquee.dashboards.online_quality import online_quality
from marquee.dashboards.overview import overview
from marquee.dashboards.pipeline import pipeline
from marquee.telemetry.thresholds import Thresholds, load_thresholds


def all_dashboards(thresholds: Thresholds | None = None) -> tuple[Dashboard, ...]:
    """Describe every dashboard; ``thresholds`` stand for those of ``monitoring/``."""
    given = thresholds or load_thresholds()
    return (
        overview(given),
        latency(given),
        online_quality(given),
        experiment(given),
        data_quality(given),
        fairness(),
        pipeline(given),
    )
