"""Shell completion: typer's, for commands, options and the names of formats."""

import os
import subprocess
import sys

import pytest

from pinner.output import OUTPUTS

pytestmark = pytest.mark.integration


def completions(line: str) -> list[str]:
    """What bash would offer at the end of a command line."""
    words = line.split(" ")
    environ = {
        **os.environ,
        "_PINNER_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "import sys; sys.argv[0] = 'pinner'; from pinner.__main__ import main; main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)
    return run.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("pinner ch", ["check"]),
        ("pinner check --diff-b", ["--diff-base"]),
        ("pinner check --fail-on w", ["warning"]),
        ("pinner check --format sa", ["sarif"]),
        ("pinner explain unp", ["unpinned"]),
        ("pinner check --color ", ["auto", "always", "never"]),
    ],
)
def test_completion(line: str, offered: list[str]) -> None:
    assert completions(line) == offered


def test_every_format_is_offered() -> None:
    assert completions("pinner check --format ") == list(OUTPUTS)
