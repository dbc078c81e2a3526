"""A real Kafka broker of one node, its own controller, without Docker."""

import re
import secrets
import shutil
import signal
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from marquee.dev.jars import kafka_jars, kafka_version
from marquee.dev.server import HOST, Server, free_port, running
from marquee.errors import BrokerError

_JAVA = 17
_JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # compiled soon rather than well: a third less work in all
    "-XX:-UsePerfData",
    "-Dorg.apache.logging.log4j.level=WARN",
)
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs=data
log.retention.ms=-1
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=6000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


class Kafka(Server):
    """The broker; ``stop`` and ``start`` keep its address and what its topics hold."""

    name = "Kafka"
    error = BrokerError
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL
    trouble = re.compile(r"^(?:Caused by: )?[\w.$]+(?:Exception|Error): (.+)", re.MULTILINE)

    def __init__(self, folder: Path, port: int | None, settings: Mapping[str, str]) -> None:
        super().__init__(_own(folder), port)
        self._java = [_java(), *_JVM, "-cp", f"{kafka_jars()}/*"]
        ports = {"port": self.port, "controller_port": free_port()}
        lines = [f"{key}={value}\n" for key, value in settings.items()]
        self._properties = _PROPERTIES.format(host=HOST, **ports) + "".join(lines)

    def command(self) -> list[str]:
        """Return the broker's command; its folder is formatted the first time."""
        (self.folder / "server.properties").write_text(self._properties)
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        return [*self._java, "kafka.Kafka", "server.properties"]

    def answers(self) -> bool:
        """Say whether the broker takes part in its own cluster, so that topics can be made."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        if not self.listens():  # kafka-python leaves a socket open at each refusal
            return False
        try:
            with KafkaAdminClient(
                bootstrap_servers=self.address,
                bootstrap_timeout_ms=10_000,
                request_timeout_ms=10_000,
            ) as admin:
                brokers = admin.describe_cluster()["brokers"]
        except KafkaError:
            return False
        return any(not broker["is_fenced"] for broker in brokers)

    def _format(self) -> None:
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        done = subprocess.run(
            [
                *(*self._java, "kafka.tools.StorageTool", "format"),
                *(f"--cluster-id={cluster}", "--config=server.properties"),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
        )
        if done.returncode:
            said = self.trouble.findall(done.stderr) or done.stderr.splitlines() or ["no word"]
            raise BrokerError(f"{self.folder}: Kafka could not format it: {said[-1]}")


def start_kafka(
    *, port: int | None = None, data: Path | None = None, settings: Mapping[str, str] | None = None
) -> AbstractContextManager[Kafka]:
    """Run a broker on 127.0.0.1 until the block, or this process, ends.

    Without a port it takes a free one; without a folder its data is removed at the end. Topics are
    never made by being asked for, and nothing expires. ``settings`` are Kafka's own. No Java, no
    Maven when Kafka must be fetched, or a broker that does not come up is a :class:`BrokerError`.
    """
    return running(data, lambda folder: Kafka(folder, port, settings or {}))


def _own(folder: Path) -> Path:
    """Return the folder, which is new, empty, or a broker's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        foreign = any(folder.iterdir()) and not (folder / "log").exists()
    except OSError as error:
        raise BrokerError(f"{error.filename}: {error.strerror}") from None
    if foreign:
        raise BrokerError(f"{folder}: expected an empty folder, or one that marquee dev kafka made")
    return folder


def _java() -> str:
    """Return the command, of a version that Kafka runs on."""
    wanted = f"Kafka {kafka_version()} needs Java {_JAVA} or later"
    java = shutil.which("java")
    if not java:
        raise BrokerError(f"java: no such command; {wanted}")
    said = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', said)
    if not found or int(found[1]) < _JAVA:
        raise BrokerError(f"{java}: found {(said.splitlines() or ['nothing'])[0]}; {wanted}")
    return java
