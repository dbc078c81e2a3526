"""An audit as numbers: what ``fairness.json`` says."""

from collections.abc import Mapping, Sequence
from typing import Any

from marquee.evaluation.audit import Attribute, Audit
from marquee.evaluation.consumers import Gap, Group, Requirement
from marquee.evaluation.estimates import Estimate
from marquee.evaluation.report import numbers, rounded
from marquee.params import FairnessParams


def report_audit(audit: Audit, params: FairnessParams) -> dict[str, Any]:
    """Say verdicts and provider figures as flat numbers, and groups as tables.

    The overall ``verdict`` is fail when one requirement fails, pass when all pass, else
    inconclusive.
    """
    confidence = params.bootstrap.confidence
    report: dict[str, Any] = rounded(
        {
            "users": audit.users,
            "cutoff": audit.cutoff,
            "confidence": confidence,
            "min_group": params.min_group,
            "suppress_below": params.suppress_below,
            "long_tail_share": params.long_tail_share,
            "verdict": _overall(audit.requirements),
            "requirements": {
                f"{each.params.attribute}_{each.params.metric}": _requirement(each)
                for each in audit.requirements
            },
            "exposure": _flat(audit.exposure, confidence),
            "histories": dict(audit.histories),
            "calibration": numbers(audit.calibration, "genre_divergence", confidence),
            "popularity_lift": {
                lift.group: numbers(lift.history, "history", confidence)
                | numbers(lift.recommended, "recommended", confidence)
                | numbers(lift.lift, "lift", confidence)
                for lift in audit.lifts
            },
            "attributes": [_attribute(each, confidence) for each in audit.attributes],
        }
    )
    return report


def _overall(requirements: Sequence[Requirement]) -> str:
    verdicts = {requirement.verdict for requirement in requirements}
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts == {"pass"} else "inconclusive"


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "attribute": requirement.params.attribute,
        "metric": requirement.params.metric,
        "max_gap": float(requirement.params.max_gap),
        **(_gap(requirement.gap) if requirement.gap else {}),
        "verdict": requirement.verdict,
        **({"reason": requirement.reason} if requirement.reason else {}),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "metric": gap.metric,
        "best": gap.best,
        "worst": gap.worst,
        "gap": gap.value,
        "gap_low": gap.interval.low,
        "gap_high": gap.interval.high,
        "ratio": gap.ratio,
    }


def _attribute(attribute: Attribute, confidence: float) -> dict[str, Any]:
    return {
        "attribute": attribute.name,
        "unknown": attribute.unknown,
        "gaps": [_gap(gap) for gap in attribute.gaps],
        "groups": [_group(group, confidence) for group in attribute.groups],
    }


def _group(group: Group, confidence: float) -> dict[str, Any]:
    return {
        "group": group.name,
        "status": group.status,
        "users": group.users,
        **_flat(group.estimates, confidence),
    }


def _flat(estimates: Mapping[str, Estimate], confidence: float) -> dict[str, float]:
    return {
        key: value
        for name, each in estimates.items()
        for key, value in numbers(each, name, confidence).items()
    }
