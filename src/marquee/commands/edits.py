"""Change values in a YAML file and nothing else: comments, quotes and spacing stay."""

import io
from collections.abc import Mapping
from functools import reduce
from operator import getitem
from typing import Any

from marquee.errors import ParameterError

Change = Mapping[str, Any]
"""A value by its dotted path, such as ``ingest.source``."""


def edit_yaml(text: str, changes: Change) -> str:
    """Return the text with other values in it; those that are so already stay as they are.

    Only lines that hold a changed value differ. A path that the text lacks is a
    :class:`ParameterError`.
    """
    from ruamel.yaml import YAML

    values = YAML(typ="safe", pure=True).load(text)
    for path, value in changes.items():
        key, node = _find(YAML().compose(text), path)
        if reduce(getitem, path.split("."), values) == value:
            continue
        colon = key.end_mark.index
        if node.start_mark.index == node.end_mark.index:  # a null that is not spelled
            text = _replaced(text, colon, colon + 1, f": {_spelled(value)}")
        elif "\n" in text[colon : node.start_mark.index]:
            text = _replaced(text, colon, _end(node), f": {_spelled(value)}")
        else:
            text = _replaced(text, node.start_mark.index, _end(node), _spelled(value))
    return text


def _find(node: Any, path: str) -> tuple[Any, Any]:
    key = node
    for name in path.split("."):
        found = [pair for pair in getattr(node, "value", ()) if _name(pair) == name]
        if not found:
            raise ParameterError(f"{path}: missing, expected as in the repository's params.yaml")
        key, node = found[0]
    return key, node


def _name(pair: Any) -> object:
    return pair[0].value if isinstance(pair, tuple) else None


def _end(node: Any) -> int:
    """Return where a value ends; a block's own end is where the next key begins."""
    if getattr(node, "flow_style", True) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _replaced(text: str, start: int, end: int, value: str) -> str:
    """Put a value in place of another; a comment behind it stays in its column where it can."""
    head, tail = text[:start] + value, text[end:]
    rest = tail.partition("\n")[0]
    if rest.lstrip(" ").startswith("#") and "\n" not in text[start:end]:
        gap = len(rest) - len(rest.lstrip(" "))
        tail = " " * max(1, gap + (end - start) - len(value)) + tail[gap:]
    return head + tail


def _spelled(value: Any) -> str:
    """Spell a value on one line."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.representer.sort_base_mapping_type_on_output = False
    yaml.width = 2**16
    out = io.StringIO()
    yaml.dump(value, out)
    return out.getvalue().removesuffix("\n").removesuffix("\n...")
