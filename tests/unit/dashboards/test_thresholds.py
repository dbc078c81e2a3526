"""Dashboards under other thresholds than the committed ones."""

from collections.abc import Iterator

import pytest

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.model import Panel, Step
from marquee.telemetry.thresholds import Thresholds, load_thresholds

COMMITTED = load_thresholds()


def changed() -> Thresholds:
    """Thresholds whose order and digits differ from those that are committed."""
    slo = COMMITTED.slo.model_copy(update={"availability": 0.9995, "latency_share": 0.985})
    ratio = COMMITTED.sample_ratio.model_copy(update={"p": 0.02})
    return COMMITTED.model_copy(update={"slo": slo, "sample_ratio": ratio})


def panels(thresholds: Thresholds) -> Iterator[Panel]:
    for dashboard in all_dashboards(thresholds):
        for row in dashboard.rows:
            yield from row.panels


def test_a_promise_is_said_to_its_last_digit() -> None:
    told = {panel.title: panel.description for panel in panels(changed())}
    assert "99.95 %" in told["Availability"]
    for title in ("Answered within 400 ms", "Percentiles", "By variant and model version"):
        assert "98.5 %" in told[title]


@pytest.mark.parametrize("thresholds", [COMMITTED, changed()], ids=["committed", "changed"])
def test_the_steps_of_a_panel_rise(thresholds: Thresholds) -> None:
    for panel in panels(thresholds):
        for steps in (panel.steps, *(series.steps for series in panel.series)):
            later: tuple[Step, ...] = steps[1:]
            assert all(step.at is None for step in steps[:1]), panel.title
            values = [step.at for step in later if step.at is not None]
            assert len(values) == len(later), panel.title
            assert values == sorted(values), panel.title


@pytest.mark.parametrize("thresholds", [COMMITTED, changed()], ids=["committed", "changed"])
def test_the_line_of_a_promise_has_the_colour_of_what_it_is_promised_of(
    thresholds: Thresholds,
) -> None:
    (panel,) = (panel for panel in panels(thresholds) if panel.title == "Promises over time")
    lines = {step.at: step.colour for step in panel.steps}
    curves = {series.name: series.colour for series in panel.series}
    assert lines[thresholds.slo.availability] == curves["answered"]
    assert lines[thresholds.slo.latency_share] == curves["fast"]
