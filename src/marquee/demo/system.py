"""Broker, database and writer of the demo, each a real server of this machine."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg2.extensions import make_dsn

from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.demo.writer import Writer
from marquee.dev.database import start_database
from marquee.dev.kafka import start_kafka
from marquee.telemetry.migrate import migrate
from marquee.telemetry.roles import READER, WRITER

TOPIC = "movielog"
_PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class System:
    """Where the servers are; each role's address holds its password."""

    broker: BrokerOptions
    owner: str
    reader: str
    writer: Writer


@contextmanager
def start_system() -> Iterator[System]:
    """Run the servers until the block ends; nothing of them stays.

    What does not come up is a :class:`~marquee.errors.MarqueeError`.
    """
    with ExitStack() as stack:
        broker = BrokerOptions(stack.enter_context(start_kafka()).address)
        with connect(broker) as asked:
            asked.create_topic(TOPIC, _PARTITIONS)
        owner = stack.enter_context(start_database()).dsn
        passwords = {role: secrets.token_urlsafe(24) for role in (WRITER, READER)}
        migrate(owner, passwords=passwords)
        dsn = {role: make_dsn(owner, user=role, password=passwords[role]) for role in passwords}
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="marquee-demo-")))
        writer = Writer(folder, kafka=broker.servers, dsn=dsn[WRITER], topic=TOPIC)
        stack.callback(writer.stop)
        writer.start()
        yield System(broker, owner, dsn[READER], writer)
