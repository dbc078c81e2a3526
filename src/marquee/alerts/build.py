"""The committed file of Grafana's rules: written from the thresholds, or compared with them."""

from io import StringIO
from pathlib import Path

from marquee.alerts.grafana import grafana_rules
from marquee.alerts.grafana_rule import group
from marquee.artifacts import whole
from marquee.errors import DataError
from marquee.telemetry.thresholds import Thresholds

_HEADING = "Written by `marquee alerts build` from monitoring/thresholds.yaml; not by hand."


def rules_yaml(thresholds: Thresholds) -> str:
    """Return the file, with the reason beside what a rule does without data."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.scalarstring import LiteralScalarString

    rules = grafana_rules(thresholds)
    content = CommentedMap(group(rules))
    content.yaml_set_start_comment(_HEADING)
    written = content["groups"][0]["rules"]
    for number, rule in enumerate(rules):
        data = CommentedMap(written[number])
        model = data["data"][0]["model"]
        model["rawSql"] = LiteralScalarString(model["rawSql"])
        data.yaml_set_comment_before_after_key("noDataState", rule.because, indent=8)
        written[number] = data
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    text = StringIO()
    yaml.dump(content, text)
    return text.getvalue()


def write_rules(path: Path, thresholds: Thresholds) -> None:
    """Write the file."""
    with whole(path) as room:
        room.write_text(rules_yaml(thresholds))


def check_rules(path: Path, thresholds: Thresholds) -> None:
    """Raise :class:`~marquee.errors.DataError` unless the file is what would be written."""
    if not path.is_file() or path.read_text() != rules_yaml(thresholds):
        raise DataError(
            f"{path}: not what the thresholds give; run `marquee alerts build` and commit it"
        )
