"""The deployment without Docker: what its files name exists, and what it starts starts.

The commands are those of compose.yaml, in its environment, on servers of one's own; only
addresses, ports and the topic are exchanged.
"""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.dev.database import Database
from marquee.dev.jars import kafka_version
from marquee.dev.kafka import start_kafka
from marquee.dev.server import free_port
from marquee.settings import Settings

from ..integration.telemetry.running import PATIENCE_S, count_applied, wait_until
from ..servers import MakeTopic, execute, make_topic, or_skip
from ..shell import ENVIRONMENT, attempt

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, Any] = YAML(typ="safe").load(TEXT)["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("marquee:")]
ONE_SHOTS = ("topic", "migrate", "simulator")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text().splitlines()
    if line and not line.startswith("#")
)
SECRETS = {name: f"{name}$1" for name in EXAMPLE if name.endswith("PASSWORD")}

_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")


def filled(text: Any, values: dict[str, str]) -> str:
    """A value as compose fills it in."""
    return _VARIABLE.sub(lambda found: values[found[1]], str(text)).replace("$$", "$")


def environment(name: str, **values: str) -> dict[str, str]:
    """A service's own environment, made from the example's."""
    given = SERVICES[name]["environment"]
    return {key: filled(value, EXAMPLE | SECRETS | values) for key, value in given.items()}


def test_every_variable_stands_in_the_example_with_its_default() -> None:
    asked = _VARIABLE.findall(TEXT)
    assert {name for name, *_ in asked} == set(EXAMPLE)
    assert [
        name
        for name, kind, default in asked
        if (kind == "-" and default and EXAMPLE[name] != default) or (kind == "?" and EXAMPLE[name])
    ] == []


def test_every_variable_of_marquee_is_a_setting() -> None:
    fields = {f"MARQUEE_{name.upper()}" for name in Settings.model_fields}
    names = {key for name in OURS for key in SERVICES[name]["environment"]}
    assert {name for name in names if name.startswith("MARQUEE_")} <= fields


def test_grafana_has_what_its_files_ask_for() -> None:
    mounts = [mount.split(":")[:2] for mount in SERVICES["grafana"]["volumes"]]
    folders = {place: ROOT / source for source, place in mounts}
    provisioning = folders["/etc/grafana/provisioning"]
    (provider,) = YAML(typ="safe").load(provisioning / "dashboards/marquee.yaml")["providers"]
    assert list(folders[provider["options"]["path"]].glob("*.json"))
    texts = [path.read_text() for path in provisioning.rglob("*.yaml")]
    asked = {name for text in texts for name in re.findall(r"\$\{([A-Z_]+)\}", text)}
    assert asked
    assert asked <= set(SERVICES["grafana"]["environment"])


def test_every_image_has_an_exact_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert [i for i in (*images, *bases) if not re.search(r":\d+\.\d+\.\d+(-[\w.-]+)?$", i)] == []


@pytest.mark.parametrize("name", SERVICES)
class TestEachService:
    def test_has_few_rights_and_bounds(self, name: str) -> None:
        service = SERVICES[name]
        assert service["user"] not in ("root", "0")
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
        assert service["restart"].startswith("on-failure" if name in ONE_SHOTS else "unless")

    def test_says_whether_it_is_well_unless_it_ends(self, name: str) -> None:
        check = SERVICES[name].get("healthcheck", {})
        own = "test" in check or (name in OURS and not check.get("disable"))
        assert own == (name not in ONE_SHOTS)

    def test_waits_until_what_it_needs_has_ended_well_or_is_well(self, name: str) -> None:
        for needed, how in SERVICES[name].get("depends_on", {}).items():
            ended, well = "service_completed_successfully", "service_healthy"
            assert how == {"condition": ended if needed in ONE_SHOTS else well}

    def test_is_reached_from_this_machine_alone(self, name: str) -> None:
        for port in SERVICES[name].get("ports", []):
            assert port.startswith("127.0.0.1:")

    def test_mounts_what_is_there(self, name: str) -> None:
        sources = [mount.split(":")[0] for mount in SERVICES[name].get("volumes", [])]
        assert [s for s in sources if s.startswith(".") and not (ROOT / s).exists()] == []


def test_the_broker_that_is_deployed_is_the_one_that_is_tested() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


def test_the_image_is_made_of_files_that_are_there() -> None:
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert sorted(" ".join(copied).split()) == sorted(kept)
    assert [name for name in kept if not (ROOT / name).exists()] == []


def test_no_service_starts_a_thread_for_each_core_of_the_machine() -> None:
    (block,) = re.findall(r"^ENV ((?:.+\\\n)*.+)$", DOCKERFILE, re.MULTILINE)
    given = dict(re.findall(r"(\w+)=(\S+)", block))
    code = (
        "import numpy, scipy.linalg, threadpoolctl;"
        "print({pool['num_threads'] for pool in threadpoolctl.threadpool_info()})"
    )
    said = attempt("python", "-c", code, **{k: v for k, v in given.items() if k != "PATH"})
    assert said.stdout == "{1}\n"


def command(name: str) -> list[str]:
    """A service's command, as its container runs it."""
    service = SERVICES[name]
    return [
        *service.get("entrypoint", ["marquee"]),
        *(filled(word, EXAMPLE) for word in service["command"]),
    ]


@contextmanager
def started(words: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that must end well when it is told to."""
    with subprocess.Popen(words, env=ENVIRONMENT | environment, text=True) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def is_well(check: Sequence[str], environment: dict[str, str]) -> bool:
    time.sleep(0.5)  # each check is a process
    return attempt(*check, **environment).returncode == 0


@pytest.mark.slow
def test_what_compose_starts_starts_outside_of_docker(
    kafka: str, topic: MakeTopic, own_postgres: Database
) -> None:
    password = SECRETS["POSTGRES_PASSWORD"]
    execute(own_postgres.dsn, f"CREATE ROLE postgres SUPERUSER LOGIN PASSWORD '{password}'")
    places = {"kafka:19092": kafka, "timescaledb:5432": own_postgres.address}
    name, port = topic(partitions=4), str(free_port())

    def given(service: str) -> dict[str, str]:
        values = environment(service, MARQUEE_TOPIC=name) | {"MARQUEE_HEALTH_PORT": port}
        for place, here in places.items():
            values = {key: value.replace(place, here) for key, value in values.items()}
        return values

    assert {"migrate", "writer", "simulator", "alerts"} == set(OURS)
    done = attempt(*command("migrate"), **given("migrate"))
    assert done.returncode == 0, done.stderr
    (check,) = re.findall(r"^ +CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    with started(command("writer"), given("writer")):
        wait_until(lambda: is_well(json.loads(check.replace("9108", port)), {}))
        with started(command("simulator"), given("simulator")):
            wait_until(lambda: count_applied(own_postgres.dsn) > 0)
    with started(command("alerts"), given("alerts")):
        test = SERVICES["alerts"]["healthcheck"]["test"][1:]
        wait_until(lambda: is_well(test, given("alerts")))


def test_a_broker_takes_the_settings_of_compose_and_answers_inside_and_outside() -> None:
    ports = {port: str(free_port()) for port in ("19092", "9092", "9093")}
    settings = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): re.sub(
            r"[\w.]*:(19092|9092|9093)\b", lambda at: f"127.0.0.1:{ports[at[1]]}", value
        )
        for key, value in environment("kafka").items()
        if key.startswith("KAFKA_") and key != "KAFKA_HEAP_OPTS"
    }
    outside, inside = ports["9092"], ports["19092"]
    running = start_kafka(port=int(outside), settings=settings | {"log.dirs": "data"})
    topic = "\n".join(filled(word, EXAMPLE) for word in SERVICES["topic"]["command"])
    options = dict(re.findall(r"^--([a-z-]+)=(.+)$", topic, re.MULTILINE))
    config = dict([options["config"].split("=")])
    with or_skip(running):
        make_topic(f"127.0.0.1:{outside}", options["topic"], int(options["partitions"]), config)
        with connect(BrokerOptions(f"127.0.0.1:{inside}")) as broker:
            assert broker.describe("movielog").partitions == (0, 1, 2, 3)
