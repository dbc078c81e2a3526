"""Grafana's alert files: built from the thresholds, valid, and each rule with a page to read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from marquee.alerts.build import check_rules, rules_yaml
from marquee.alerts.rules import RULES
from marquee.cli import cli
from marquee.errors import DataError
from marquee.telemetry.thresholds import load_thresholds

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "monitoring/grafana/provisioning/alerting"
RUNBOOKS = ROOT / "docs/runbooks"

TEXT = {"type": "string", "minLength": 1}
DURATION = {"type": "string", "pattern": r"^\d+[smhd]$"}


def exactly(**properties: Any) -> dict[str, Any]:
    """An object with these properties, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


# The parts of Grafana's format that all versions from 9.4 on know.
QUERY = exactly(
    refId=TEXT,
    relativeTimeRange=exactly(
        **{"from": {"type": "integer", "minimum": 1}, "to": {"type": "integer", "minimum": 0}}
    ),
    datasourceUid={"enum": ["marquee-telemetry", "__expr__"]},
    model={"type": "object", "required": ["refId"]},
)
RULE = exactly(
    uid={"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
    title={"type": "string", "minLength": 1, "maxLength": 190},
    condition={"const": "B"},
    data={**listed(QUERY), "minItems": 2, "maxItems": 2},
    **{"for": DURATION},
    noDataState={"enum": ["OK", "NoData", "Alerting"]},
    execErrState={"enum": ["OK", "Error", "Alerting"]},
    annotations=exactly(summary=TEXT, description=TEXT),
    labels=exactly(
        severity={"enum": ["critical", "warning"]}, system={"const": "marquee"}, runbook=TEXT
    ),
)
ORG = {"const": 1}
SCHEMAS = {
    "rules.yaml": exactly(
        apiVersion=ORG,
        groups=listed(
            exactly(orgId=ORG, name=TEXT, folder=TEXT, interval=DURATION, rules=listed(RULE))
        ),
    ),
    "contact-points.yaml": exactly(
        apiVersion=ORG,
        contactPoints=listed(
            exactly(
                orgId=ORG,
                name=TEXT,
                receivers=listed(
                    exactly(
                        uid=TEXT,
                        type={"const": "slack"},
                        disableResolveMessage={"type": "boolean"},
                        settings=exactly(
                            url=TEXT, token=TEXT, recipient=TEXT, title=TEXT, text=TEXT
                        ),
                    )
                ),
            )
        ),
    ),
    "policies.yaml": exactly(
        apiVersion=ORG,
        policies=listed(
            exactly(
                orgId=ORG,
                receiver=TEXT,
                group_by=listed(TEXT),
                group_wait=DURATION,
                group_interval=DURATION,
                repeat_interval=DURATION,
                routes=listed(
                    exactly(
                        receiver=TEXT,
                        object_matchers=listed({**listed(TEXT), "minItems": 3, "maxItems": 3}),
                        group_wait=DURATION,
                    )
                ),
            )
        ),
    ),
    "templates.yaml": exactly(
        apiVersion=ORG, templates=listed(exactly(orgId=ORG, name=TEXT, template=TEXT))
    ),
}


def read(name: str) -> Any:
    return YAML(typ="safe").load((FOLDER / name).read_text())


def rules() -> list[dict[str, Any]]:
    ((group,),) = (read("rules.yaml")["groups"],)
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_alerting_file_is_valid(name: str) -> None:
    jsonschema.validate(read(name), SCHEMAS[name])


def test_there_are_no_other_alerting_files() -> None:
    assert {path.name for path in FOLDER.iterdir()} == SCHEMAS.keys()


def test_the_committed_rules_are_those_of_the_thresholds() -> None:
    arguments = ["alerts", "build", "--check", "--output", str(FOLDER / "rules.yaml")]
    assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0


def test_rules_of_other_thresholds_are_noticed(tmp_path: Path) -> None:
    thresholds = load_thresholds()
    path = tmp_path / "rules.yaml"
    path.write_text(rules_yaml(thresholds).replace("$A > 14.4", "$A > 15"))
    with pytest.raises(DataError, match="run `marquee alerts build`"):
        check_rules(path, thresholds)


def test_uids_and_titles_are_unique() -> None:
    for key in ("uid", "title"):
        values = [rule[key] for rule in rules()]
        assert len(set(values)) == len(values)


def test_each_rule_says_why_it_does_what_it_does_without_data() -> None:
    lines = (FOLDER / "rules.yaml").read_text().splitlines()
    places = [number for number, line in enumerate(lines) if "noDataState" in line]
    assert len(places) == len(rules())
    assert all(lines[number - 1].strip().startswith("# ") for number in places)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["uid"])
def test_a_query_names_its_columns_and_bounds_what_it_reads_of_time(rule: dict[str, Any]) -> None:
    sql = rule["data"][0]["model"]["rawSql"]
    assert "*" not in sql.replace("count(*)", "")
    of_events = re.search(r"_1[mh]\b", sql) is not None
    assert ("$__timeFilter(" in sql) == of_events
    assert "now()" not in sql


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


ENVIRONMENT = {
    "rules.yaml": {"${MARQUEE_RUNBOOKS}"},
    "contact-points.yaml": {
        "${MARQUEE_SLACK_WEBHOOK}",
        "${MARQUEE_SLACK_TOKEN}",
        "${MARQUEE_SLACK_CHANNEL}",
    },
    "policies.yaml": set(),
    "templates.yaml": set(),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_variables_stand_where_every_version_of_grafana_fills_them_in(name: str) -> None:
    """In braces; never in a query or a template, and in annotations only since 2026."""
    content = read(name)
    for group in content.get("groups", []):
        for rule in group["rules"]:
            del rule["data"]
            assert "$" not in str(rule["annotations"])
    found = {one for text in texts(content) for one in re.findall(r"\$(?:\{\w+\})?", text)}
    assert found == ENVIRONMENT[name]


def pages() -> set[str]:
    provisioned = {rule["labels"]["runbook"].rpartition("/")[2] for rule in rules()}
    return provisioned | {rule.runbook for rule in RULES}


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    assert {path.name for path in RUNBOOKS.glob("*.md")} == pages() | {"README.md"}


def test_an_alert_has_one_owner() -> None:
    grafana = {rule["labels"]["runbook"].rpartition("/")[2] for rule in rules()}
    assert grafana & {rule.runbook for rule in RULES} == set()


@pytest.mark.parametrize("page", sorted(pages()))
def test_a_page_says_what_it_means_how_to_look_and_what_to_do(page: str) -> None:
    headings = re.findall(r"^## (.+)$", (RUNBOOKS / page).read_text(), re.MULTILINE)
    assert headings == ["What it means", "How to look", "What to do"]


@pytest.mark.parametrize("page", sorted(pages()))
def test_a_page_names_thresholds_that_there_are(page: str) -> None:
    sections = "slo|burn_rates|stream|hit_rate|sample_ratio|drift|retraining|notices"
    given = load_thresholds().model_dump()
    given["burn_rates"] = given["burn_rates"][0]
    for section, key in re.findall(rf"`({sections})\.(\w+)`", (RUNBOOKS / page).read_text()):
        assert key in given[section]


def test_every_alert_stands_in_the_table_of_runbooks() -> None:
    table = (RUNBOOKS / "README.md").read_text()
    assert [page for page in sorted(pages()) if f"]({page})" not in table] == []
