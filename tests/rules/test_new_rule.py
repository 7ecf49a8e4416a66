"""A rule that is added as CONTRIBUTING.md says runs on every reference, however `pinner check` is called."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.occurrences import DIGEST

# What the two steps of CONTRIBUTING.md come to: a module with the names of the Protocol `Rule`, and its place in RULES.
PROGRAM = """
import sys
from types import ModuleType

from pinner import rules
from pinner.model.occurrence import Severity
from pinner.rules._base import finding_at, pinned_image

rule = ModuleType("pinner.rules.on_pins", "## What it does")
rule.ID, rule.SUMMARY, rule.SEVERITY, rule.ONLINE = "on-pins", "There is a pin.", Severity.ERROR, False
rule.check = lambda facts: [
    finding_at(each, rule.ID, rule.SEVERITY, "there is a pin") for each in facts.occurrences if pinned_image(each)
]
rules.RULES = (*rules.RULES, rule)

from pinner.__main__ import main

main()
"""


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`pinner check` with the rule."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "check", *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "arguments", [["Dockerfile"], ["--", "Dockerfile"], [], ["--color=never", "Dockerfile"]], ids=" ".join
)
def test_an_offline_rule_about_pinned_references_runs(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM node:20@{DIGEST} AS build\nRUN make\n")
    done = check(tmp_path, *arguments)
    assert done.stdout == "Dockerfile:1:6: error[on-pins] there is a pin\n"
    assert done.returncode == 1


def test_it_runs_on_every_file_of_a_large_tree(tmp_path: Path) -> None:
    for number in range(250):
        (tmp_path / f"{number}.Dockerfile").write_text(f"FROM node:20@{DIGEST}\n")
    assert check(tmp_path).stdout.count("error[on-pins]") == 250


def test_it_finds_nothing_where_nothing_is_pinned(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node:20\n")
    assert "on-pins" not in check(tmp_path, "Dockerfile").stdout
