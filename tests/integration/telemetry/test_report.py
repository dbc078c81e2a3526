"""``marquee telemetry report``: the figures of the raw rows, by whoever may read them."""

import json
from contextlib import closing
from datetime import datetime, timedelta

import numpy as np
import psycopg2
import pytest
from click.testing import CliRunner, Result
from psycopg2.extensions import make_dsn

from marquee.cli import cli
from marquee.errors import DatabaseError
from marquee.telemetry.maintain import maintain
from marquee.telemetry.migrate import migrate
from marquee.telemetry.report import read_report
from marquee.telemetry.roles import READER

from .answers import NOON, Answer, Hit, set_partition, store
from .stored import query

SINCE, UNTIL = NOON - timedelta(hours=20, minutes=13), NOON - timedelta(minutes=7)


def some_answers(n: int = 4000) -> list[Answer]:
    """Answers of a day and an hour, some failed, some with hits."""
    rng = np.random.default_rng(3)
    return [some_answer(rng) for _ in range(n)]


def some_answer(rng: np.random.Generator) -> Answer:
    answered = bool(rng.random() < 0.6)
    hit = Hit(
        delay_s=round(3600 * rng.random() ** 2 + 1e-6, 6),
        best_rank=int(rng.integers(1, 22)),
        items_hit=int(rng.integers(1, 3)),
    )
    return Answer(
        before_s=round(rng.uniform(0, 25 * 3600), 6),
        variant=str(rng.choice(["a", "b"])),
        model_version=str(rng.choice(["m1", "m2", "m3"])),
        status=200 if answered else int(rng.choice([0, 500])),
        latency_ms=int(rng.lognormal(3, 1)),
        items=int(rng.integers(1, 21)) if answered else 0,
        hit=hit if answered and rng.random() < 0.3 else None,
    )


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def is_mature(answer: Answer) -> bool:
    return minute(answer.served_at) + timedelta(minutes=61) <= NOON


def come(answers: list[Answer]) -> list[Hit]:
    return [a.hit for a in answers if a.hit and a.hit.delay_s <= a.before_s]


def delivered(answers: list[Answer]) -> np.ndarray:
    """The share of hits that come by the end of each minute, from 0 on."""
    learnt = [
        a.hit.delay_s
        for a in answers
        if a.hit and minute(a.served_at).replace(minute=0) <= NOON - timedelta(hours=2)
    ]
    return np.searchsorted(np.sort(learnt), 60 * np.arange(61), side="right") / len(learnt)


def exposure(answer: Answer, shares: np.ndarray) -> float:
    age_s = (NOON - minute(answer.served_at)).total_seconds() - 30
    return float(np.interp(age_s, 60 * np.arange(61), shares))


def test_a_report_says_what_the_raw_rows_say(either: str) -> None:
    everything = some_answers()
    store(either, everything)
    set_partition(either)
    maintain(either)
    shares = delivered(everything)
    report = read_report(either, since=SINCE, until=UNTIL, by="variant")
    assert [row["variant"] for row in report.groups] == ["a", "b"]
    for row in report.groups:
        rows = [
            a
            for a in everything
            if a.variant == row["variant"] and minute(SINCE) <= a.served_at < UNTIL
        ]
        answered = [a for a in rows if a.status == 200]
        mature = [a for a in answered if is_mature(a)]
        hits = come(mature)
        expected = {
            "requests": len(rows),
            "answered": len(answered),
            "mature_answered": len(mature),
            "share_answered": len(answered) / len(rows),
            "hit_rate_so_far": len(come(answered)) / len(answered),
            "hit_rate_mature": len(hits) / len(mature),
            "hit_rate_corrected": len(come(answered))
            / sum(exposure(answer, shares) for answer in answered),
            "mrr": sum(1 / hit.best_rank for hit in hits) / len(mature),
            "precision": sum(hit.items_hit for hit in hits) / sum(a.items for a in mature),
        } | {
            f"hit_rate_at_{k}": sum(hit.best_rank <= k for hit in hits) / len(mature)
            for k in (1, 5, 10, 20)
        }
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-9)
        for p in (50, 95, 99):
            latency = np.percentile([a.latency_ms for a in answered], p, method="inverted_cdf")
            assert row[f"latency_p{p}_ms"] == pytest.approx(latency, rel=0.011)


def test_models_are_reported_as_variants_are(migrated: str) -> None:
    store(migrated, [Answer(9000, "a", "m1"), Answer(9000, "b", "m1"), Answer(9000, "a", "m2")])
    report = read_report(migrated, since=NOON - timedelta(days=1), until=NOON, by="model")
    assert [(row["model_version"], row["requests"]) for row in report.groups] == [
        ("m1", 2),
        ("m2", 1),
    ]


@pytest.mark.parametrize("width", ["1m", "1h"])
def test_the_views_add_up_to_the_report(either: str, width: str) -> None:
    store(either, some_answers(500))
    set_partition(either)
    total = read_report(either, since=NOON - timedelta(days=2), until=NOON, by="variant").groups
    with closing(psycopg2.connect(either)) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT variant, sum(requests)::bigint, sum(answered)::bigint "
            f"FROM report.hit_rate_by_variant_{width} GROUP BY 1 ORDER BY 1"
        )
        assert cursor.fetchall() == [
            (row["variant"], row["requests"], row["answered"]) for row in total
        ]
        cursor.execute(
            f"SELECT variant, sum(exposure), sum(exposed_hits)::bigint "
            f"FROM report.cohort_{width} GROUP BY 1 ORDER BY 1"
        )
        for (variant, exposed, hits), row in zip(cursor.fetchall(), total, strict=True):
            assert (variant, hits / exposed) == (
                row["variant"],
                pytest.approx(row["hit_rate_corrected"]),
            )


def invoke(monkeypatch: pytest.MonkeyPatch, dsn: str, *arguments: str) -> Result:
    monkeypatch.setenv("MARQUEE_DSN", dsn)
    return CliRunner().invoke(cli, ["telemetry", "report", *arguments], catch_exceptions=False)


def test_the_reader_may_report(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(database, passwords={READER: "secret"})
    store(database, [Answer(7200, hit=Hit(60)), Answer(7300), Answer(60)])
    set_partition(database)
    reader = make_dsn(database, user=READER, password="secret")
    said = invoke(monkeypatch, reader).output
    for words in ("Recommendations from", "0.5000 [0.0945, 0.9055]", "watermark: ", "MRR"):
        assert words in said


def test_many_variants_fit_80_columns_whole(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(database)
    variants = [f"variant-{number}" for number in range(4)]
    store(database, [Answer(7200, hit=Hit(60), variant=variant) for variant in variants])
    set_partition(database)
    monkeypatch.setenv("COLUMNS", "80")
    said = invoke(monkeypatch, database).output
    assert max(len(line) for line in said.splitlines()) <= 80
    assert [word for word in said.split() if word.startswith("variant-")] == variants
    assert said.count("1.0000 [0.2065, 1.0000]") == said.count("[0.2065, 1.0000]") >= 4


def test_json_has_the_same_keys_whatever_there_is(
    either: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = json.loads(invoke(monkeypatch, either, "--json").output)
    assert (empty["groups"], empty["watermark"]["watermark"]) == ([], None)
    store(either, [Answer(7200, hit=Hit(60)), Answer(60, status=0)])
    set_partition(either)
    found = json.loads(invoke(monkeypatch, either, "--json", "--by", "model").output)
    assert [group["model_version"] for group in found["groups"]] == ["m1"]
    for part in ("delay", "lines", "watermark"):
        assert found[part].keys() == empty[part].keys()
    assert datetime.fromisoformat(found["watermark"]["watermark"]) == NOON


def test_nothing_to_report_is_said(migrated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = invoke(monkeypatch, migrated, "--since", "2025-01-01", "--until", "2025-02-01T12:30")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "no recommendations from 2025-01-01 00:00:00 to 2025-02-01 12:30:00",
        "delay of hits: not known yet, no hit is mature",
        "lines: 0, of them 0 duplicates, 0 quarantined, 0 late",
        "watermark: not known yet, 0 lines behind",
        "answers are mature after 3,600 s",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "24"], "'24': expected 30m, 24h, 7d or a time in ISO 8601"),
        (["--until", "0001-01-01T00:00+02:00"], "expected 30m, 24h, 7d or a time in ISO 8601"),
        (["--since", "2025-02-01", "--until", "2025-02-01"], "expected it to begin earlier"),
        (["--until", "0001-01-01", "--since", "24h"], "would begin before the year 1"),
        (["--by", "user"], "'user' is not one of 'variant', 'model'"),
    ],
)
def test_a_wrong_period_is_said(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(
        cli, ["telemetry", "report", *arguments], env={"MARQUEE_DSN": "postgresql://h/d"}
    )
    assert result.exit_code != 0
    assert said in result.output + str(result.exception)


def test_a_database_without_views_is_said(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatabaseError, match="run `marquee telemetry migrate`"):
        invoke(monkeypatch, database)


def test_every_view_and_function_says_what_it_means(migrated: str) -> None:
    silent = query(
        migrated,
        "SELECT relname FROM pg_class WHERE relnamespace = 'report'::regnamespace "
        "AND obj_description(oid, 'pg_class') IS NULL "
        "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'report'::regnamespace "
        "AND obj_description(oid, 'pg_proc') IS NULL",
    )
    assert silent == []
