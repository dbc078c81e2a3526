"""The model card: what the metrics say, in words and tables for people.

Mitchell et al., Model Cards for Model Reporting, FAT* 2019. Every number is read from the reports
of the pipeline; nothing is computed here, and nothing is said that changes from run to run.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marquee.evaluation.example_lists import ExampleList
from marquee.evaluation.markdown import NOTHING, code, count, lines, number, plain, spread, table
from marquee.models.catalogue import Movie
from marquee.tables.filters import describe

Report = Mapping[str, Any]


def write_card(
    reports: Mapping[str, Report], config: Report, examples: Sequence[ExampleList]
) -> str:
    """Return the card as Markdown.

    ``reports`` are the metrics of ``ingest``, ``clean``, ``evaluate`` and ``fairness``; ``config``
    is the model's own; ``examples`` are lists to show. A number that a report lacks is a dash.
    """
    evaluate, fairness = reports["evaluate"], reports["fairness"]
    sections = [
        _model(evaluate["protocol"], config),
        _data(reports["ingest"], reports["clean"]),
        _protocol(evaluate["protocol"]),
        _quality(evaluate),
        _slices(evaluate["slices"]),
        _examples(examples),
        _fairness(fairness),
        _groups(fairness),
        _exposure(fairness),
        _limits(evaluate, fairness),
        _reproduce(),
    ]
    return "\n\n".join(sections) + "\n"


def _model(protocol: Report, config: Report) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in sorted(config["params"].items()))
    return lines(
        f"# Model card: {protocol['model']}",
        "",
        f"A recommender of movies: it ranks a catalogue of {count(protocol['movies'])} movies for "
        "a user. A user without history gets the most popular ones.",
        "",
        f"- model: `{config['name']}` ({settings}), seed {config['seed']}",
        f"- fitted on: {config['fit_on']}",
    )


def _data(ingest: Report, clean: Report) -> str:
    split, ledger = clean["split"], clean["ledger"]
    rows = [
        [name, *(count(split[name][of]) for of in ("rows", "users", "movies", "ratings"))]
        for name in ("train", "validation", "test")
    ]
    return lines(
        "## Data",
        "",
        f"Source: {ingest['source']}, {count(ingest['lines'])} lines {_period(ingest)}; "
        f"{count(ledger['duplicates'])} exact duplicates, "
        f"{count(ledger['quarantined'])} quarantined. Rows are (user, movie) pairs.",
        "",
        *table(["split", "rows", "users", "movies", "ratings"], rows),
        "",
        f"Filters dropped {describe(clean['filter'])}; validation and test are whole.",
    )


def _period(ingest: Report) -> str:
    if not ingest.get("timed", True):
        return "without times"
    span = ingest["time_span"] or {"first": NOTHING, "last": NOTHING}
    return f"from {span['first']} to {span['last']}"


def _protocol(protocol: Report) -> str:
    cutoffs = " and ".join(str(k) for k in protocol["cutoffs"])
    return lines(
        "## Protocol",
        "",
        f"- {protocol['split_label']}",
        f"- judged on {protocol['split']}; the full catalogue is ranked, what a user met while "
        f"fitting ({protocol['fit_on']}) is masked",
        f"- relevant movies: {protocol['relevant']}; lists of {cutoffs}",
        f"- intervals of {100 * protocol['confidence']:g}% from {count(protocol['resamples'])} "
        "resamples of users, the same for both systems; verdicts after Holm's adjustment, "
        f"inconclusive below {count(protocol['min_users'])} users who were answered differently",
    )


def _quality(evaluate: Report) -> str:
    warm = evaluate["slices"]["warm"]
    return lines(
        "## Quality",
        "",
        f"Users with history: {count(warm['users'])}, of whom {count(warm['relevant_users'])} "
        f"have a relevant movie. Against popularity: **{evaluate['difference']['verdict']}**.",
        "",
        *_comparison(warm["table"]),
        *_constant(warm["constant"]),
    )


def _constant(constant: Report) -> list[str]:
    """Say what ratings are read against; nothing where there are none."""
    if constant["rmse"] is None:
        return []
    rmse, mae = (number(constant[name]) for name in ("rmse", "mae"))
    return ["", f"Always predicting the train mean has RMSE {rmse} and MAE {mae}."]


def _comparison(compared: Iterable[Report]) -> list[str]:
    rows = [
        [
            row["metric"],
            *(spread(row, name) for name in ("model", "popularity", "difference")),
            row["verdict"] or NOTHING,
        ]
        for row in compared
    ]
    return table(["metric", "model", "popularity", "difference", "verdict"], rows)


def _slices(slices: Mapping[str, Report]) -> str:
    shown = ("ndcg_at_", "recall_at_", "rmse")
    text = ["## Slices", ""]
    for name in ("all", "cold_user", "cold_movie"):
        found = slices[name]
        counts = f"{count(found['users'])} users, {count(found['rows'])} rows"
        rows = [row for row in found["table"] if row["metric"].startswith(shown)]
        rows = [row for row in rows if not row["metric"].endswith("_per_user")]
        text += [f"### {name}: {counts}", "", *(_comparison(rows) if rows else ["Nothing."]), ""]
    return lines(*text[:-1])


def _examples(examples: Sequence[ExampleList]) -> str:
    text = [
        "## Examples",
        "",
        "The lists of the users with history who met the most movies before the fit, the median "
        "and the fewest, with ids as the data has them.",
    ]
    for example in examples:
        text += ["", f"### User {code(str(example.user_id))}, movies met: {count(example.met)}", ""]
        text += [f"{rank}. {_named(movie)}" for rank, movie in enumerate(example.movies, start=1)]
    return lines(*text)


def _named(movie: Movie) -> str:
    named = "" if movie.title == movie.movie_id else f"{plain(movie.title)} "
    return named + code(movie.movie_id)


def _fairness(fairness: Report) -> str:
    rows = [
        [
            found["attribute"],
            found["metric"],
            spread(found, "gap"),
            f"{found['max_gap']:g}",
            found.get("worst", NOTHING),
            number(found.get("ratio")),
            f"**{found['verdict']}**" + (f", {found['reason']}" if "reason" in found else ""),
        ]
        for found in fairness["requirements"].values()
    ]
    return lines(
        "## Fairness to users",
        "",
        f"{count(fairness['users'])} users with history, lists of {fairness['cutoff']}. Verdict: "
        f"**{fairness['verdict']}**. A requirement fails only when the whole interval of its gap "
        "is above the budget, and passes only when it is within.",
        "",
        *table(["attribute", "metric", "gap", "budget", "worst", "ratio", "verdict"], rows),
    )


def _groups(fairness: Report) -> str:
    metrics = [f"ndcg_at_{fairness['cutoff']}", f"hit_rate_at_{fairness['cutoff']}", "rmse"]
    text = [
        "### Groups",
        "",
        f'Below {fairness["min_group"]} users a group says "not enough data"; below '
        f"{fairness['suppress_below']} it is suppressed. A count from which that of a smaller "
        "group would follow is not shown.",
    ]
    for attribute in fairness["attributes"]:
        rows = [
            [
                group["group"],
                _size(group, fairness["min_group"]),
                *(spread(group, metric) for metric in metrics),
            ]
            for group in attribute["groups"]
        ]
        shown = table(["group", "users", *metrics], rows) if rows else ["Nothing is known of it."]
        text += ["", f"#### {attribute['attribute']}", "", *shown]
    return lines(*text)


def _size(group: Report, min_group: int) -> str:
    if group["status"] != "judged":
        return str(group["status"])
    return f"{min_group} or more" if group["users"] is None else count(group["users"])


def _exposure(fairness: Report) -> str:
    shown, histories = fairness["exposure"], fairness["histories"]
    names = ["average_popularity", "long_tail_share", "long_tail_coverage", "coverage", "gini"]
    lifts = [
        [group, *(spread(found, name) for name in ("history", "recommended", "lift"))]
        for group, found in fairness["popularity_lift"].items()
    ]
    return lines(
        "## Fairness to movies",
        "",
        f"The long tail is the least popular {fairness['long_tail_share']:.0%} of the catalogue. "
        "Popularity is the share of users who met a movie.",
        "",
        *table(
            ["", "recommended", "in histories"],
            [[name, spread(shown, name), number(histories.get(name))] for name in names],
        ),
        "",
        "Genres of lists against those of histories, Jensen-Shannon divergence in bits: "
        f"{spread(fairness['calibration'], 'genre_divergence')}.",
        "",
        "Popularity by how mainstream a user's history is:",
        "",
        *table(["mainstreaminess", "history", "recommended", "lift"], lifts),
    )


def _limits(evaluate: Report, fairness: Report) -> str:
    cold = evaluate["slices"]
    return lines(
        "## Limits",
        "",
        "- Offline agreement with what users chose is not what they would have chosen from these "
        "lists.",
        f"- {count(cold['cold_user']['users'])} test users had no history and got popular "
        f"movies; {count(cold['cold_movie']['rows'])} test rows are of movies that the model "
        "never met and cannot recommend.",
        "- A group that is not judged is not known to be served well.",
        f"- Gaps are judged for {len(fairness['requirements'])} requirements; other groups and "
        "harms were not looked for.",
    )


def _reproduce() -> str:
    return lines(
        "## Reproduce",
        "",
        "```console",
        "$ make repro                     # the whole pipeline; this card is its last output",
        "$ marquee provenance --verify    # data, parameters, code and libraries behind the model",
        "```",
    )
