import pytest

from marquee.bootstrap import broker
from marquee.errors import SettingsError
from marquee.settings import load_settings


def options(**environment):
    return broker(load_settings({f"MARQUEE_{key}": value for key, value in environment.items()}))


def test_an_address_is_enough():
    assert options(KAFKA="one:9092,[::1]:9093").servers == "one:9092,[::1]:9093"


def test_a_missing_broker_names_the_variable_and_what_starts_one():
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA is not set.*marquee dev kafka"):
        options()


@pytest.mark.parametrize(
    "servers", ["broker", "broker:", ":9092", "a:1,", "http://a:1", "a:b", " "]
)
def test_what_is_no_address_is_refused(servers):
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA = .*expected HOST:PORT"):
        options(KAFKA=servers)


def test_a_login_needs_all_its_parts():
    given = {"KAFKA": "a:1", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_USERNAME": "anna"}
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA_SASL_MECHANISM is not set: SASL_SSL"):
        options(**given)
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA_PASSWORD is not set"):
        options(**given, KAFKA_SASL_MECHANISM="PLAIN")
    let_in = options(**given, KAFKA_SASL_MECHANISM="PLAIN", KAFKA_PASSWORD="word")  # noqa: S106
    assert (let_in.username, let_in.password) == ("anna", "word")


def test_a_file_of_authorities_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match=r"MARQUEE_KAFKA_CAFILE = .*no such file"):
        options(KAFKA="a:1", KAFKA_CAFILE=str(tmp_path / "ca.pem"))
