"""A broker that wants to know who comes, and lets not everybody do everything."""

import re
from contextlib import closing, contextmanager

import pytest

from marquee.broker.clients import make_consumer
from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.dev.kafka import Kafka
from marquee.dev.server import free_port
from marquee.errors import BrokerError

from ...servers import make_topic, or_skip

SETTINGS = {
    "listener.security.protocol.map": (
        "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT"
    ),
    "sasl.enabled.mechanisms": "PLAIN",
    "listener.name.guarded.plain.sasl.jaas.config": (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        'user_anna="right" user_root="right";'
    ),
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:root",
}


class Guarded(Kafka):
    """A broker with a second address, which asks for a name and a password."""

    def __init__(self, folder):
        super().__init__(folder, None, SETTINGS)
        self.guarded = f"127.0.0.1:{free_port()}"
        self._properties = re.sub(
            r"(\nlisteners=.*)", rf"\1,GUARDED://{self.guarded}", self._properties
        )


@contextmanager
def running(broker):
    broker.start()
    try:
        yield broker
    finally:
        broker.stop(immediate=True)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with or_skip(running(Guarded(tmp_path_factory.mktemp("kafka")))) as broker:
        make_topic(broker.address, "secrets")
        yield broker.guarded


def login(servers, username, password):
    return BrokerOptions(servers, "SASL_PLAINTEXT", "PLAIN", username, password, timeout_s=3)


def test_who_is_known_and_allowed_is_let_in(guarded):
    with connect(login(guarded, "root", "right")) as broker:
        assert broker.describe("secrets").partitions == (0,)


@pytest.mark.parametrize("reach", [lambda o: connect(o).__enter__(), make_consumer])
def test_a_wrong_password_is_said_and_not_shown(guarded, reach):
    said = rf"^the broker at {guarded} .*does not let anna in.* check MARQUEE_KAFKA_\w+"
    with pytest.raises(BrokerError, match=said) as caught:
        reach(login(guarded, "anna", "wrong"))
    assert "wrong" not in str(caught.value)


def test_a_login_where_none_is_asked_for_says_what_to_check(kafka):
    said = f"^the broker at {kafka} does not let anna in: check MARQUEE_KAFKA_SECURITY_PROTOCOL"
    with pytest.raises(BrokerError, match=said):
        make_consumer(login(kafka, "anna", "right"))


def test_who_is_not_allowed_is_told_so(guarded):
    said = f"^the broker at {guarded} does not allow this to anna: TopicAuthorizationFailed"
    with connect(login(guarded, "anna", "right")) as broker, pytest.raises(BrokerError, match=said):
        broker.describe("secrets")
    with closing(make_consumer(login(guarded, "anna", "right"))):
        pass
