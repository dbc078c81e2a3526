"""A real PostgreSQL of one's own, without Docker and without being installed."""

import re
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from marquee.dev.cluster import USER, identity, prepare, programs
from marquee.dev.server import HOST, Server, running
from marquee.errors import DatabaseError


class Database(Server):
    """The server; ``stop`` and ``start`` keep its address, password and data."""

    name = "PostgreSQL"
    error = DatabaseError
    stop_signal = signal.SIGINT
    kill_signal = signal.SIGQUIT
    trouble = re.compile(r"(?:FATAL|PANIC):  (.+(?:\n.*(?:DETAIL|HINT):  .+)*)")

    def __init__(self, folder: Path, port: int | None, settings: Mapping[str, str]) -> None:
        user = identity()
        self._password = prepare(folder, user)
        self._settings = settings
        super().__init__(folder, port, user)

    @property
    def dsn(self) -> str:
        """How a superuser connects; the password is in it."""
        return f"postgresql://{USER}:{self._password}@{self.address}/{USER}"

    def command(self) -> list[str]:
        """Return the server's command: TCP alone, the settings as given."""
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._settings,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(programs() / "postgres"), "-D", str(self.folder), *options]

    def answers(self) -> bool:
        """Say whether one can connect; refused for another reason than the start: an error."""
        from psycopg2 import OperationalError, connect

        try:
            connect(self.dsn, connect_timeout=5).close()
        except OperationalError as error:
            said = re.search(r"FATAL:  (.+)", str(error))
            if said and not said[1].startswith("the database system is "):
                raise DatabaseError(f"{self.folder}: {said[1]}") from None
            return False
        return True


def start_database(
    *, port: int | None = None, data: Path | None = None, settings: Mapping[str, str] | None = None
) -> AbstractContextManager[Database]:
    """Run PostgreSQL on 127.0.0.1 until the block, or this process, ends.

    Without a port it takes a free one; without a folder its data is removed at the end. A new
    folder gets a cluster with a password of its own, kept in it for its owner alone. ``settings``
    are PostgreSQL's own. Run by root, the server is the user ``pgserver``, which is made if
    missing, owns the folder, and may pass through those above it. A folder that is in use, damaged,
    or not a cluster's is a :class:`DatabaseError`.
    """
    return running(data, lambda folder: Database(folder, port, settings or {}))
