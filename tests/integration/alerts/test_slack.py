"""Messages reach a Slack that limits, fails, hangs up or refuses; no secret gets into a log."""

import logging
import time

import pytest

from marquee.alerts.slack import Bot, Message, Slack, SlackError, Thread, Webhook

from .slack_server import DROP, Reply, SlackServer, api

TOKEN, SECRET = "xoxb-1-very-secret", "T0/B0/very-secret"
MESSAGE = Message("text", [{"type": "section", "text": {"type": "mrkdwn", "text": "block"}}])


def bot(server: SlackServer) -> Bot:
    return Bot(TOKEN, "C1", f"{server.address}/api/")


def webhook(server: SlackServer) -> Webhook:
    return Webhook(f"{server.address}/services/{SECRET}")


@pytest.fixture(params=[bot, webhook])
def either(request: pytest.FixtureRequest, slack: SlackServer) -> Slack:
    made: Slack = request.param(slack)
    return made


def test_text_goes_beside_the_blocks(either: Slack, slack: SlackServer) -> None:
    either.begin(MESSAGE)
    (request,) = slack.requests
    assert request.body["text"] == "text"
    assert request.body["blocks"] == MESSAGE.blocks


def test_a_bot_keeps_an_incident_in_a_thread_and_turns_its_first_message_to_resolved(
    slack: SlackServer,
) -> None:
    talker = bot(slack)
    thread = talker.begin(MESSAGE)
    talker.follow(MESSAGE, thread)
    talker.end(MESSAGE, thread)
    assert thread == Thread("C1", "1.000")
    said = [(r.path, r.body.get("thread_ts"), r.body.get("ts")) for r in slack.requests]
    assert said == [
        ("/api/chat.postMessage", None, None),
        ("/api/chat.postMessage", "1.000", None),
        ("/api/chat.update", None, "1.000"),
        ("/api/chat.postMessage", "1.000", None),
    ]
    assert {request.token for request in slack.requests} == {TOKEN}


REFUSED = api({"ok": False, "error": "edit_window_closed"})


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([REFUSED], [("chat.update", None), ("chat.postMessage", "1.000")]),
        (
            [REFUSED, REFUSED],
            [("chat.update", None), ("chat.postMessage", "1.000"), ("chat.postMessage", None)],
        ),
    ],
)
def test_what_slack_lets_nobody_change_or_answer_to_is_told_all_the_same(
    slack: SlackServer, script: list[Reply | str], said: list[tuple[str, str | None]]
) -> None:
    slack.script = script
    bot(slack).end(MESSAGE, Thread("C1", "1.000"))
    paths = [r.path.removeprefix("/api/") for r in slack.requests]
    threads = [r.body.get("thread_ts") for r in slack.requests]
    assert list(zip(paths, threads, strict=True)) == said


def test_what_is_not_answered_is_no_refusal(slack: SlackServer) -> None:
    slack.script = [Reply(500, "no")] * 5
    with pytest.raises(SlackError, match="refused"):
        bot(slack).end(MESSAGE, Thread("C1", "1.000"))
    assert {r.path for r in slack.requests} == {"/api/chat.update"}


def test_a_webhook_posts_each_message(slack: SlackServer) -> None:
    talker = webhook(slack)
    assert talker.begin(MESSAGE) is None
    talker.follow(MESSAGE, None)
    talker.end(MESSAGE, None)
    assert [request.path for request in slack.requests] == [f"/services/{SECRET}"] * 3


LIMITED = Reply(429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "1"})


def test_a_limit_is_waited_for_as_long_as_slack_asks(either: Slack, slack: SlackServer) -> None:
    slack.script = [LIMITED]
    begin = time.monotonic()
    either.begin(MESSAGE)
    assert len(slack.requests) == 2
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize("trouble", [Reply(500, "no"), Reply(502, "<html>"), Reply(503, ""), DROP])
def test_what_passes_is_tried_again(
    either: Slack, slack: SlackServer, trouble: Reply | str
) -> None:
    slack.script = [trouble, trouble]
    either.begin(MESSAGE)
    assert len(slack.requests) == 3


@pytest.mark.parametrize("trouble", [Reply(500, "no"), DROP])
def test_what_does_not_pass_is_an_error_after_some_tries(
    either: Slack, slack: SlackServer, trouble: Reply | str
) -> None:
    slack.script = [trouble] * 20
    with pytest.raises(SlackError, match=r"refused|not reached"):
        either.begin(MESSAGE)
    assert len(slack.requests) == 5


def test_a_limit_of_an_hour_is_an_error_at_once(either: Slack, slack: SlackServer) -> None:
    slack.script = [Reply(429, "{}", {"Retry-After": "3600"})]
    with pytest.raises(SlackError, match="429"):
        either.begin(MESSAGE)


def test_a_revoked_webhook_is_not_tried_again(slack: SlackServer) -> None:
    slack.script = [Reply(404, "no_service")]
    with pytest.raises(SlackError, match=r"404 'no_service'.*MARQUEE_SLACK_WEBHOOK"):
        webhook(slack).begin(MESSAGE)
    assert len(slack.requests) == 1


@pytest.mark.parametrize("reason", ["invalid_auth", "channel_not_found", "not_in_channel"])
def test_a_refused_bot_says_why(slack: SlackServer, reason: str) -> None:
    slack.script = [api({"ok": False, "error": reason})]
    with pytest.raises(SlackError, match=f"channel C1, as a bot: chat.postMessage .*: {reason}"):
        bot(slack).begin(MESSAGE)
    assert len(slack.requests) == 1


def failures(slack: Slack) -> list[SlackError]:
    try:
        slack.begin(MESSAGE)
    except SlackError as error:
        return [error]
    return []


@pytest.mark.parametrize("trouble", [LIMITED, Reply(500), Reply(404, "no_service"), DROP])
def test_no_log_and_no_error_holds_a_secret(
    either: Slack,
    slack: SlackServer,
    trouble: Reply | str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    slack.script = [trouble]
    with caplog.at_level(logging.DEBUG):
        said = [str(error) for error in failures(either)]
    assert "very-secret" not in caplog.text + "".join(said)


def test_a_slack_that_is_not_there_is_an_error_without_the_address() -> None:
    with pytest.raises(SlackError, match="not reached: ConnectionRefusedError") as error:
        Webhook(f"http://127.0.0.1:9/{SECRET}").begin(MESSAGE)
    assert "very-secret" not in str(error.value)
