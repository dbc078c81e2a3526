"""What Grafana is told of a panel beside its queries."""

from typing import Any

from marquee.dashboards.model import Kind, Panel, Query, Series, Step
from marquee.dashboards.palette import BAD, BLUE, GOOD
from marquee.dashboards.shapes import field_config, options

LIMIT = (Step(None, GOOD), Step(5, BAD))


def panel(kind: Kind, **given: Any) -> Panel:
    return Panel(title="T", description="D", kind=kind, queries=(Query(sql=""),), **given)


def overridden(made: Panel) -> dict[str, Any]:
    """What is told of a panel's only series."""
    *_, override = field_config(made)["overrides"]
    return {item["id"]: item["value"] for item in override["properties"]}


def test_a_bar_gauge_has_a_bar_for_each_row_and_a_stat_a_number_for_each_column() -> None:
    assert options(panel("bar gauge"))["reduceOptions"]["values"] is True
    assert options(panel("stat"))["reduceOptions"]["values"] is False


def test_steps_are_lines_across_a_time_series() -> None:
    styles = [
        field_config(panel("time series", steps=steps))["defaults"]["custom"]["thresholdsStyle"]
        for steps in ((), LIMIT)
    ]
    assert styles == [{"mode": "off"}, {"mode": "dashed"}]


def test_a_column_with_steps_or_states_has_coloured_text_and_no_other() -> None:
    by_number = overridden(panel("table", series=(Series(name="a", steps=LIMIT),)))
    assert by_number["custom.displayMode"] == "color-text"
    assert by_number["color"] == {"mode": "thresholds"}
    assert [step["value"] for step in by_number["thresholds"]["steps"]] == [None, 5]
    by_text = overridden(panel("table", series=(Series(name="a", states=(("bad", BAD),)),)))
    assert by_text["custom.displayMode"] == "color-text"
    assert by_text["mappings"] == [
        {"type": "value", "options": {"bad": {"color": BAD, "index": 0}}}
    ]
    assert overridden(panel("table", series=(Series(name="a", unit="ms"),))) == {"unit": "ms"}


def test_a_band_is_filled_down_to_its_other_edge_and_has_no_line() -> None:
    edge = Series(name="high", colour=BLUE, edge=True, filled_to="low")
    told = overridden(panel("time series", series=(edge,)))
    assert told["custom.fillBelowTo"] == "low"
    assert told["custom.lineWidth"] == 0
    assert told["custom.hideFrom"]["legend"] is True
