"""The parts of the README that come from the program. `python -m tests.support.readme` writes them anew."""

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
        block = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(block, lambda match, content=content: match[1] + content + match[2], text, flags=re.DOTALL)
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


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
