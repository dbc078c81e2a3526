from functools import reduce
from operator import getitem

import pytest
from ruamel.yaml import YAML

from marquee.commands.edits import edit_yaml
from marquee.errors import ParameterError

TEXT = """\
# What it is.
a:
  name: "one"          # quoted
  list: [1, 2]
  block:               # why
    - x                # first
    - y                # last

  map: {key: null, other: 'b'}
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.name", "two"),
        ("a.name", "a longer value than what was there"),
        ("a.name", 'it\'s: a # "name"'),
        ("a.name", "007"),
        ("a.name", None),
        ("a.list", ["a b", "c"]),
        ("a.block", "z"),
        ("a.block", ["z"]),
        ("a.map.key", "ü"),
        ("a.map.key", 3),
        ("a.map.other", True),
    ],
)
def test_one_value_changes_and_every_other_line_stays(path, value):
    after = edit_yaml(TEXT, {path: value})
    values = YAML(typ="safe", pure=True).load(after)
    assert reduce(getitem, path.split("."), values) == value
    expected = YAML(typ="safe", pure=True).load(TEXT)
    reduce(getitem, path.split(".")[:-1], expected)[path.split(".")[-1]] = value
    assert values == expected
    changed = [line for line in TEXT.splitlines() if line not in after.splitlines()]
    assert len(changed) == (3 if path == "a.block" else 1)


def test_a_comment_stays_in_its_column_where_it_can():
    assert "  name: two            # quoted\n" in edit_yaml(TEXT, {"a.name": "two"})
    assert "  name: " + "x" * 30 + " # quoted\n" in edit_yaml(TEXT, {"a.name": "x" * 30})


def test_a_value_that_is_so_already_keeps_its_spelling():
    assert edit_yaml(TEXT, {"a.name": "one", "a.list": [1, 2], "a.block": ["x", "y"]}) == TEXT


def test_a_path_that_is_not_there_is_named():
    with pytest.raises(ParameterError, match=r"a\.nothing\.more: missing"):
        edit_yaml(TEXT, {"a.nothing.more": 1})


def test_the_parameters_of_this_project_can_be_changed(root):
    text = (root / "params.yaml").read_text()
    assert (
        edit_yaml(edit_yaml(text, {"ingest.source": "ratings"}), {"ingest.source": "simulator"})
        == text
    )


def test_a_null_that_is_not_spelled_gets_a_value():
    text = "a:\n  b:    # why\n  c:\n  d: ''  # x\ne:\n"
    changed = edit_yaml(text, {"a.b": "x", "a.c": [1], "a.d": "y", "e": None})
    assert changed == "a:\n  b: x  # why\n  c: [1]\n  d: y   # x\ne:\n"
