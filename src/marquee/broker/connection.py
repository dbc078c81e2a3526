"""Connecting a client of kafka-python: known by its reason when it fails, and leaving nothing."""

from collections.abc import Callable
from typing import Any

from kafka.errors import KafkaError, KafkaTimeoutError, SaslAuthenticationFailedError
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from marquee.broker.errors import broker_errors
from marquee.broker.options import BrokerOptions


class _Manager(KafkaConnectionManager):  # type: ignore[misc]
    """Keeps why the first connections failed, which kafka-python only logs."""

    def __init__(self, net: NetworkSelector, **config: Any) -> None:
        super().__init__(net, **config)
        # 3.0.12 takes this option of its consumer and producer, and forgets it.
        self.cluster.config["allow_auto_create_topics"] = False
        self.failures: list[KafkaError] = []

    def get_connection(self, *args: Any, **kwargs: Any) -> Any:
        connection = super().get_connection(*args, **kwargs)
        if not self.bootstrapped:
            connection.init_future.add_errback(self.failures.append)
        return connection

    def why(self, timeout: KafkaError) -> KafkaError:
        """Return the reason of a timeout; a refused login is often followed by a mere hang-up."""
        refused = [one for one in self.failures if isinstance(one, SaslAuthenticationFailedError)]
        return [timeout, *self.failures, *refused][-1]


def open_client(make: Callable[..., Any], options: BrokerOptions, **config: Any) -> Any:
    """Make a client that creates no topic by asking for it, or leave nothing behind.

    A client whose broker does not answer raises in its constructor, with its thread and sockets
    still open: so the part that holds them is kept at hand.
    """
    made: list[tuple[KafkaNetClient, _Manager]] = []

    def connect(**given: Any) -> KafkaNetClient:
        net = NetworkSelector(**given)
        manager = _Manager(net, **given)
        made.append((KafkaNetClient(net, manager), manager))
        return made[-1][0]

    with broker_errors(options):
        try:
            return make(kafka_client=connect, **options.config(), **config)
        except BaseException as error:
            for client, manager in made:
                client.close()
                if isinstance(error, KafkaTimeoutError):
                    raise manager.why(error) from None
            raise
