"""What holds for every committed dashboard and for what Grafana is provisioned with."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from marquee.dashboards import build
from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.model import Dashboard, Panel, Placed, Row, place
from marquee.errors import DataError

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "dashboards").glob("*.json"))
SCHEMA = json.loads(Path(__file__).with_name("dashboard.schema.json").read_text())
PROVISIONING = ROOT / "monitoring/grafana/provisioning"

# A row each, or a fixed number of rows: the state of now, and what a model was made with.
STATES = {
    "aggregates", "alert", "delay", "delay_percentiles", "job", "model_verdict",
    "reference_distribution", "catalogue", "stream", "table_sizes", "upkeep", "watermark",
}  # fmt: skip
BUILT_IN = {"__url_time_range", "__all_variables"}

Json = dict[str, Any]
over_files = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
over_dashboards = pytest.mark.parametrize("dashboard", all_dashboards(), ids=lambda d: d.name)


def read(path: Path) -> Json:
    found: Json = json.loads(path.read_text())
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def queries(path: Path) -> list[str]:
    """Every query of a dashboard: of panels, variables and annotations."""
    page = read(path)
    targets = [target for panel in page["panels"] for target in panel.get("targets", [])]
    targets += [annotation["target"] for annotation in page["annotations"]["list"]]
    asked = [variable for variable in page["templating"]["list"] if variable["type"] == "query"]
    return [target["rawSql"] for target in targets] + [variable["query"] for variable in asked]


def panels(path: Path) -> list[Json]:
    return [panel for panel in read(path)["panels"] if panel["type"] != "row"]


def test_the_committed_files_are_what_the_code_builds() -> None:
    build.check(ROOT / "dashboards")


def test_there_are_seven_dashboards_with_a_uid_and_a_title_each() -> None:
    pages = [read(path) for path in FILES]
    assert {page["uid"] for page in pages} == {
        "marquee-overview", "marquee-latency", "marquee-online-quality", "marquee-experiment",
        "marquee-data-quality", "marquee-fairness", "marquee-pipeline",
    }  # fmt: skip
    assert len({page["title"] for page in pages}) == len(pages) == 7


@over_files
def test_a_dashboard_is_valid_by_schema(path: Path) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(read(path))


@over_files
def test_panels_have_an_id_and_a_title_each(path: Path) -> None:
    every = read(path)["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    titles = [panel["title"] for panel in panels(path)]
    assert len(set(titles)) == len(titles)


@over_files
def test_panels_lie_in_24_columns_wide_enough_and_without_overlap(path: Path) -> None:
    places = [panel["gridPos"] for panel in read(path)["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert all(place["w"] >= 8 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@over_files
def test_every_variable_in_use_is_declared_and_the_common_ones_are_everywhere(path: Path) -> None:
    page = read(path)
    declared = {variable["name"] for variable in page["templating"]["list"]}
    used = {name for text in texts(page) for name in re.findall(r"\$\{(\w+)", text)}
    assert used - BUILT_IN <= declared
    assert declared >= {"variant", "model_version", "window"}


@over_files
def test_a_query_names_its_columns(path: Path) -> None:
    for sql in queries(path):
        assert not re.search(r"\.\*|\*\s*(,|FROM\b)", sql), sql


@over_files
def test_a_query_is_bounded_in_time_or_reads_a_state(path: Path) -> None:
    for sql in queries(path):
        sources = set(re.findall(r"(?:FROM|JOIN)\s+report\.(\w+)", sql))
        bounded = re.search(
            r"\$__timeFilter\(|\$__timeFrom\(\)|timeTo\(\)::timestamptz - INTERVAL", sql
        )
        assert bounded or sources <= STATES, sql


@over_files
def test_a_query_reads_reports_alone(path: Path) -> None:
    for sql in queries(path):
        assert "telemetry." not in sql
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|CREATE|DROP)\b", sql)


@over_files
def test_descriptions_say_what_to_make_of_a_panel(path: Path) -> None:
    assert [panel["title"] for panel in panels(path) if len(panel["description"]) < 80] == []


@over_dashboards
def test_a_figure_that_is_not_known_says_what_that_means(dashboard: Dashboard) -> None:
    stats = [p for row in dashboard.rows for p in row.panels if p.kind == "stat"]
    assert [panel.title for panel in stats if not panel.empty] == []


@over_dashboards
def test_an_axis_with_numbers_has_a_unit_or_a_title(dashboard: Dashboard) -> None:
    every = [panel for row in dashboard.rows for panel in row.panels]
    drawn = [panel for panel in every if panel.kind in ("time series", "bar chart", "heat map")]
    assert [p.title for p in drawn if p.unit in ("count", "ratio") and not p.axis] == []


@over_dashboards
def test_no_two_series_of_a_panel_share_a_colour(dashboard: Dashboard) -> None:
    for panel in (panel for row in dashboard.rows for panel in row.panels):
        colours = [series.colour for series in panel.series if series.colour and not series.edge]
        twice = {colour for colour in colours if colours.count(colour) > 1}
        assert not twice, panel.title


@over_dashboards
def test_a_failure_is_stacked_on_nothing_that_counts_it_too(dashboard: Dashboard) -> None:
    stacks = [p for row in dashboard.rows for p in row.panels if p.stacked]
    assert [p.title for p in stacks if {s.name for s in p.series} & {"requests", "lines"}] == []


@over_files
def test_a_curve_asks_for_every_point_between_its_first_and_its_last(path: Path) -> None:
    drawn = [panel for panel in panels(path) if panel["type"] == "timeseries"]
    for panel in drawn:
        for target in panel["targets"]:
            assert "generate_series(min(time), max(time)" in target["rawSql"], panel["title"]


@over_files
def test_deploys_are_marked(path: Path) -> None:
    (deploys,) = read(path)["annotations"]["list"]
    assert "report.model_deploy" in deploys["target"]["rawSql"]
    assert deploys["enable"]


@over_files
def test_a_panel_leads_to_a_dashboard_that_is_there(path: Path) -> None:
    uids = {read(file)["uid"] for file in FILES}
    links = [link["url"] for panel in panels(path) for link in panel["links"]]
    assert {re.findall(r"^/d/([\w-]+)\?", url)[0] for url in links} <= uids


@over_dashboards
def test_rows_and_panels_are_all_placed_in_order(dashboard: Dashboard) -> None:
    placed: tuple[Placed, ...] = place(dashboard)
    assert [item.item for item in placed if isinstance(item.item, Row)] == list(dashboard.rows)
    every = [panel for row in dashboard.rows for panel in row.panels]
    assert [item.item for item in placed if isinstance(item.item, Panel)] == every


def test_build_writes_what_differs_and_nothing_twice(tmp_path: Path) -> None:
    assert len(build.build(tmp_path)) == 7
    (tmp_path / "latency.json").write_text("{}")
    assert build.build(tmp_path) == (tmp_path / "latency.json",)
    assert build.build(tmp_path) == ()
    build.check(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("latency.json", "{}", "differs"),
        ("latency.json", None, "is missing"),
        ("mine.json", "{}", "does not make"),
    ],
)
def test_check_names_the_file(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    build.build(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=rf"{name}: .*{said}"):
        build.check(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file"):
        build.build(tmp_path / "file")


def provisioned(name: str) -> Json:
    found: Json = YAML(typ="safe").load(PROVISIONING / name / "marquee.yaml")
    return found


def test_the_datasource_is_the_one_that_dashboards_name() -> None:
    (source,) = provisioned("datasources")["datasources"]
    named = {
        (panel["datasource"]["type"], panel["datasource"]["uid"])
        for path in FILES
        for panel in panels(path)
    }
    assert named == {(source["type"], source["uid"])}
    assert source["user"] == "marquee_reader"
    assert source["editable"] is False
    # At the top level it breaks panels from Grafana 12.2 on.
    assert "database" not in source
    assert source["jsonData"].keys() >= {"database", "sslmode", "timescaledb"}


def test_no_secret_stands_in_the_provisioning() -> None:
    (source,) = provisioned("datasources")["datasources"]
    assert source["secureJsonData"] == {"password": "${MARQUEE_READER_PASSWORD}"}


def test_dashboards_come_from_files_that_nobody_edits() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["type"] == "file"
    assert provider["allowUiUpdates"] is False
    assert provider["folderUid"] == "marquee"
    assert provider["options"]["path"].startswith("/")
