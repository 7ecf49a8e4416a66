"""Every output over one report that holds every rule."""

import pytest

from pinner.model.report import Report
from pinner.output import OUTPUTS, Style, load_format
from pinner.rules import RULES
from tests.output import case, golden

RENDERINGS = golden.renderings()


@pytest.mark.parametrize("name", RENDERINGS)
def test_golden(name: str) -> None:
    assert RENDERINGS[name] == (golden.FOLDER / name).read_bytes().decode()


def test_every_golden_file_is_tested() -> None:
    assert sorted(path.name for path in golden.FOLDER.iterdir()) == sorted(RENDERINGS)


def test_every_rule_is_in_the_case() -> None:
    assert {finding.rule for finding in case.FINDINGS} == set(case.RULES)
    assert {rule.ID: rule.SEVERITY for rule in RULES} == case.RULES


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_are_named_after_their_modules(name: str) -> None:
    assert name == load_format(name).NAME


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("report", [case.REPORT, case.CLEAN])
def test_outputs_end_with_one_newline_unless_empty(name: str, report: Report) -> None:
    text = load_format(name).render(report, Style())
    assert text == "" or (text.endswith("\n") and not text.endswith("\n\n"))
