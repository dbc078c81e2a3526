"""``marquee alerts build``: Grafana's rules as a file."""

from pathlib import Path

import click


@click.command
@click.option("--check", is_flag=True, help="Write nothing; fail where the file differs.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("monitoring/grafana/provisioning/alerting/rules.yaml"),
    show_default=True,
    help="The file.",
)
def command(check: bool, output: Path) -> None:
    """Write Grafana's alert rules from monitoring/thresholds.yaml.

    Grafana reads them at its start, beside the contact points and policies in the same folder.
    """
    from marquee.alerts.build import check_rules, write_rules
    from marquee.telemetry.thresholds import load_thresholds

    thresholds = load_thresholds()
    if check:
        check_rules(output, thresholds)
    else:
        write_rules(output, thresholds)
