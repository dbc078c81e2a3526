"""How a demo waits for its writer."""

import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from marquee.demo import play
from marquee.errors import BrokerError, MarqueeError

from ..dev.sleeper import sleeping


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "_DRAIN_S", 2 * play._POLL_S)


def test_a_writer_that_gets_on_is_waited_for(tmp_path: Path) -> None:
    counts = iter(range(10))
    with sleeping(tmp_path) as writer:
        play._drain(writer, 9, lambda: next(counts))
    assert list(counts) == []


def test_a_writer_that_does_not_get_on_is_said(tmp_path: Path) -> None:
    with (
        sleeping(tmp_path) as writer,
        pytest.raises(MarqueeError, match="applied no line more than 3, expected 9"),
    ):
        play._drain(writer, 9, lambda: 3)


def test_a_writer_that_ended_is_named_at_once(tmp_path: Path) -> None:
    with sleeping(tmp_path) as writer:
        writer.let_end()
        with pytest.raises(BrokerError, match="Sleeper ended by itself"):
            play._drain(writer, 9, lambda: 3)


def test_an_interrupt_counts_whatever_swallows_interrupts_while_a_model_is_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def load(root: Path) -> object:
        signal.raise_signal(signal.SIGINT)
        with suppress(KeyboardInterrupt):  # as ctypes does in a callback
            time.sleep(0.1)
        return root

    monkeypatch.setattr(play, "load_trained", load)
    with pytest.raises(KeyboardInterrupt):
        play._load(tmp_path)
