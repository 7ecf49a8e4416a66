"""The parts of the README that come from the program."""

import os
import re
import subprocess
import sys
from pathlib import Path

from pinner.rules import RULES

README = Path(__file__).parents[2] / "README.md"
WIDTH = "100"


def filled(text: str) -> str:
    """`text` with every generated block as it must be."""
    blocks = {"rules": _rules()} | {f"help:{command}": _help(command) for command in _commands(text)}
    for name, content in blocks.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        text = before + begin + content + end + rest.partition(end)[2]
    return text


def _commands(text: str) -> list[str]:
    return re.findall(r"<!-- help:([a-z ]*) -->", text)


def _rules() -> str:
    rows = [
        f"| `{rule.ID}` | {rule.SEVERITY.label} | {'`--online`' if rule.ONLINE else ''} | {rule.SUMMARY} |\n"
        for rule in RULES
    ]
    return "| rule | severity | needs | what it finds |\n|---|---|---|---|\n" + "".join(rows)


def _help(command: str) -> str:
    environment = os.environ | {"COLUMNS": WIDTH}
    program = [sys.executable, "-m", "pinner", *command.split(), "--help"]
    result = subprocess.run(program, env=environment, capture_output=True, encoding="utf-8", check=True)
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    return "```text\n" + "\n".join(lines).strip("\n") + "\n```\n"
