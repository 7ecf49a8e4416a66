"""What lets a large repository adopt pinner: a baseline of the findings that it has already."""

import os
from collections.abc import Callable

from pinner.baseline import baseline_of, read_baseline, write_baseline
from pinner.config import Settings
from pinner.policy import Policy
from pinner.report import Report
from pinner.rules import RULES


def without_known(report: Report, settings: Settings, policy: Policy) -> Report:
    """`report` without the findings of the baseline; with `--write-baseline` that is made of all of them first."""
    if settings.write_baseline:
        baseline = baseline_of(report.findings, settings.write_baseline)
        write_baseline(settings.write_baseline, baseline)
    elif settings.baseline:
        baseline = read_baseline(settings.baseline, settings.policy_from)
    else:
        return report
    return baseline.apply(report, _looked_for(report, settings, policy))


def _looked_for(report: Report, settings: Settings, policy: Policy) -> Callable[[str, str], bool]:
    """Whether this run would have found what a rule says of a file; in a file that is gone no run finds anything."""
    ruling_of = policy.rulings()
    read = {os.path.relpath(path) for path in report.sources}
    possible = {rule.ID for rule in RULES if settings.online or not rule.ONLINE}

    def looked_for(path: str, rule: str) -> bool:
        return not os.path.lexists(path) or (path in read and rule in possible & ruling_of(path).running)

    return looked_for
