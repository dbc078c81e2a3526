"""What a broker says of its topics."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kafka import KafkaAdminClient, OffsetSpec, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import NoError, TopicAlreadyExistsError, for_code

from marquee.broker.connection import open_client
from marquee.broker.errors import broker_errors
from marquee.broker.options import BrokerOptions
from marquee.errors import BrokerError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic at one moment."""

    name: str
    topic_id: UUID
    """A topic made anew under the same name has another one."""
    cluster_id: str
    beginnings: Mapping[int, int]
    """By partition, the first offset that is still there."""
    ends: Mapping[int, int]
    """By partition, the offset that the next record will have."""

    @property
    def partitions(self) -> tuple[int, ...]:
        """The partitions, from 0 on."""
        return tuple(sorted(self.ends))


class Broker:
    """A connection that answers questions; :func:`connect` makes one.

    Every error is a :class:`~marquee.errors.BrokerError` of one line.
    """

    def __init__(self, options: BrokerOptions, admin: KafkaAdminClient) -> None:
        self.options = options
        self._admin = admin

    def describe(self, topic: str) -> Topic:
        """Return what the broker holds of a topic now; one that is not there is an error."""
        with broker_errors(self.options, topic):
            cluster_id = self._admin.describe_cluster()["cluster_id"]
            (found,) = self._admin.describe_topics([topic])
            error = for_code(found["error_code"])
            if error is not NoError:
                raise error(topic)
            partitions = [entry["partition_index"] for entry in found["partitions"]]
            return Topic(
                name=topic,
                topic_id=UUID(str(found["topic_id"])),
                cluster_id=cluster_id,
                beginnings=self._offsets(topic, partitions, OffsetSpec.EARLIEST),
                ends=self._offsets(topic, partitions, OffsetSpec.LATEST),
            )

    def expect_same(self, topic: Topic) -> Topic:
        """Return what the broker holds of the topic now; one made anew since is an error."""
        now = self.describe(topic.name)
        if (now.cluster_id, now.topic_id) != (topic.cluster_id, topic.topic_id):
            raise BrokerError(
                f"topic {topic.name} is another one now: expected id {topic.topic_id} in cluster "
                f"{topic.cluster_id}, found {now.topic_id} in {now.cluster_id}; its offsets begin "
                "anew"
            )
        return now

    def offsets_at(self, topic: Topic, at: datetime) -> dict[int, int]:
        """Return by partition the first offset whose record the broker dates ``at`` or later.

        Where there is none, it is the partition's end as ``topic`` has it.
        """
        with broker_errors(self.options, topic.name):
            found = self._offsets(topic.name, topic.partitions, _milliseconds(at))
        return {
            partition: offset if offset >= 0 else topic.ends[partition]
            for partition, offset in found.items()
        }

    def is_compacted(self, topic: str) -> bool:
        """Whether records may vanish from the middle of a topic; no where the broker won't say."""
        resource = ConfigResource("topic", topic, ["cleanup.policy"])
        with broker_errors(self.options, topic):
            configs = self._admin.describe_configs([resource], config_filter="all")
        policy = configs.get("topic", {}).get(topic, {}).get("cleanup.policy", {})
        return "compact" in str(policy.get("value"))

    def create_topic(self, topic: str, partitions: int) -> None:
        """Create a topic with the broker's defaults, and wait until it can be used.

        One that is there already stays as it is.
        """
        with broker_errors(self.options, topic):
            with suppress(TopicAlreadyExistsError):
                self._admin.create_topics({topic: {"num_partitions": partitions}})
            self._admin.wait_for_topics([topic], timeout_ms=int(self.options.timeout_s * 1000))

    def _offsets(self, topic: str, partitions: Any, spec: Any) -> dict[int, int]:
        asked = {TopicPartition(topic, partition): spec for partition in partitions}
        found = self._admin.list_partition_offsets(asked)
        return {place.partition: found[place].offset for place in sorted(found)}


def _milliseconds(at: datetime) -> int:
    """Round up to the broker's unit; what is below 0 has another meaning there."""
    return max(0, -((_EPOCH - at) // timedelta(milliseconds=1)))


@contextmanager
def connect(options: BrokerOptions) -> Iterator[Broker]:
    """Connect for the length of a block.

    A broker that does not answer in the options' time is a
    :class:`~marquee.broker.errors.BrokerUnavailable`.
    """
    timeout_ms = int(options.timeout_s * 1000)
    admin = open_client(KafkaAdminClient, options, request_timeout_ms=timeout_ms)
    try:
        yield Broker(options, admin)
    finally:
        admin.close()
