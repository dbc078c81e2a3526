"""Judge the fitted model on the full catalogue, with intervals, beside popularity."""

from marquee.artifacts import write_json
from marquee.params import Params
from marquee.stage import Costs, In, Out, run_stage


def evaluate(
    params: Params, *, tables: In, model: In, per_user: Out, metrics: Out, plots: Out
) -> Costs:
    """Write per-user metrics and lists, the report, and what its pictures are drawn from."""
    from marquee.evaluation.offline import evaluate_offline
    from marquee.evaluation.outputs import write_per_user
    from marquee.evaluation.plots import write_plots
    from marquee.evaluation.report import report_evaluation
    from marquee.evaluation.trial import open_trial

    trial = open_trial(tables, model, params.evaluate, baseline=params.train)
    evaluation = evaluate_offline(trial, params.evaluate)
    write_per_user(evaluation, params.evaluate, per_user)
    write_json(metrics, report_evaluation(evaluation, params.evaluate))
    write_plots(evaluation, params.evaluate, plots)
    asked = evaluation.answers["model"]
    return {"predict_us_per_user": 1e6 * asked.recommend_s / trial.truth.n_users}


if __name__ == "__main__":
    run_stage(evaluate)
