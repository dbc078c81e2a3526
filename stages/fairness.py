"""Say who is served how well and what is shown, judge each requirement, sum the run up."""

from marquee.artifacts import read_json, write_json
from marquee.params import Params
from marquee.stage import In, Out, run_stage


def fairness(  # noqa: PLR0913 - what a stage reads and writes is named one by one
    params: Params,
    *,
    tables: In,
    model: In,
    per_user: In,
    ingest: In,
    clean: In,
    evaluate: In,
    metrics: Out,
    plots: Out,
    card: Out,
    summary: Out,
) -> None:
    """Write verdicts, groups and exposure, their plots, the model card, the run's summary."""
    from marquee.evaluation.audience import open_audience
    from marquee.evaluation.audit import audit
    from marquee.evaluation.audit_plots import write_audit_plots
    from marquee.evaluation.audit_report import report_audit
    from marquee.evaluation.example_lists import choose_lists
    from marquee.evaluation.model_card import write_card
    from marquee.evaluation.summary import summarise
    from marquee.models.bundle import load_catalogue

    named = {"ingest": ingest, "clean": clean, "evaluate": evaluate}
    reports = {name: read_json(path) for name, path in named.items()}
    audience = open_audience(tables, per_user, reports["evaluate"]["protocol"])
    found = audit(tables, audience, params.fairness)
    report = report_audit(found, params.fairness)
    write_json(metrics, report)
    write_audit_plots(found, params.fairness, plots)
    write_json(summary, summarise({**reports, "fairness": report}))
    config = read_json(model / "config.json")
    examples = choose_lists(audience, load_catalogue(model, audience.fitted.movie_ids))
    text = write_card({**reports, "fairness": report}, config, examples)
    card.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run_stage(fairness)
