"""What becomes of a server that ends."""

from pathlib import Path

import pytest

from marquee.errors import BrokerError

from .sleeper import sleeping


def test_a_server_that_runs_is_expected_to(tmp_path: Path) -> None:
    with sleeping(tmp_path) as server:
        server.expect_running()


def test_a_server_that_ended_is_said_with_its_last_words(tmp_path: Path) -> None:
    with sleeping(tmp_path) as server:
        server.let_end()
        with pytest.raises(BrokerError, match=r"^Sleeper ended by itself: x$"):
            server.expect_running()
