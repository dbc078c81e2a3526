import pytest

from marquee.bootstrap import broker, rating_scale
from marquee.errors import SettingsError
from marquee.events import RatingScale
from marquee.settings import load_settings


def options(**environment):
    return broker(load_settings({f"MARQUEE_{key}": value for key, value in environment.items()}))


def test_an_address_is_enough():
    servers = "one:9092,[::1]:9093,127.0.0.1:1,a_b.example.org.:65535"
    assert options(KAFKA=servers).servers == servers


def test_a_missing_broker_names_the_variable_and_what_starts_one():
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA is not set.*marquee dev kafka"):
        options()


@pytest.mark.parametrize(
    "servers",
    [
        *("broker", "broker:", ":9092", "a:1,", "http://a:1", "a:b", " "),
        *("..:1", "a..b:1", ".a:1", f"{'a' * 64}:1", "[:]:1", "[1.2.3.4]:1", "[::1%]:1", "[]:1"),
        *("a:0", "a:65536", "a:99999", "a:1,b:0"),
    ],
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
    let_in = options(**given, KAFKA_SASL_MECHANISM="PLAIN", KAFKA_PASSWORD="word")
    assert (let_in.username, let_in.password) == ("anna", "word")


def test_a_file_of_authorities_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match=r"MARQUEE_KAFKA_CAFILE = .*No such file"):
        options(KAFKA="a:1", KAFKA_CAFILE=str(tmp_path / "ca.pem"))


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAA\n"])
def test_a_file_of_authorities_must_have_some(tmp_path, content):
    (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA_CAFILE = .*expected a file of cert"):
        options(KAFKA="a:1", KAFKA_CAFILE=str(tmp_path / "ca.pem"))


def test_what_is_no_file_has_no_authorities():
    with pytest.raises(SettingsError, match=r"^MARQUEE_KAFKA_CAFILE = .*expected a file of cert"):
        options(KAFKA="a:1", KAFKA_CAFILE="/")


def scale(**environment):
    return rating_scale(load_settings({f"MARQUEE_{key}": v for key, v in environment.items()}))


def test_the_scale_is_one_to_five_unless_said():
    assert scale() == RatingScale()
    assert scale(RATING_MIN="0.5", RATING_STEP="0.5") == RatingScale(0.5, 5, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("MIN", value) for value in ("nan", "inf", "-inf", "-1", "0.001")),
        *(("MAX", value) for value in ("nan", "inf", "100")),
        *(("STEP", value) for value in ("nan", "inf", "0", "1e-9")),
    ],
)
def test_a_rating_that_no_log_can_spell_is_refused(name, value):
    with pytest.raises(SettingsError, match=f"^MARQUEE_RATING_{name}: "):
        scale(**{f"RATING_{name}": value})


@pytest.mark.parametrize(
    "ends", [{"RATING_MIN": "6"}, {"RATING_MIN": "5"}, {"RATING_STEP": "3"}, {"RATING_MAX": "4.5"}]
)
def test_a_scale_that_does_not_lead_from_one_end_to_the_other_is_refused(ends):
    with pytest.raises(SettingsError, match=r"^MARQUEE_RATING_MIN, _MAX and _STEP: m(in|ax) "):
        scale(**ends)
