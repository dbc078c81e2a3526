"""Kafka's jars in the cache, without Maven."""

import shutil
from pathlib import Path

import pytest

from marquee.dev.jars import kafka_jars, kafka_version
from marquee.errors import BrokerError


def test_what_a_killed_fetch_left_is_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"kafka-{kafka_version()}"
    (tmp_path / "marquee" / f".{name}.partial-0" / name).mkdir(parents=True)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BrokerError, match="mvn"):
        kafka_jars({"XDG_CACHE_HOME": str(tmp_path)})
    assert [path.name for path in (tmp_path / "marquee").iterdir()] == [f"{name}.lock"]
