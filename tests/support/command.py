"""The command line run inside the test's own process."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from pinner.cli.app import app


class Ran(NamedTuple):
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as JSON."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document

    @property
    def rules(self) -> list[str]:
        """The rules of the findings in a JSON report, in their order."""
        return [finding["rule"] for finding in self.document["findings"]]


def pinner(*arguments: str | Path, stdin: str | None = None) -> Ran:
    """Run `pinner` with these arguments and this standard input."""
    given = [str(argument) for argument in arguments]
    result = CliRunner().invoke(app, given, input=stdin, catch_exceptions=False)
    return Ran(result.exit_code, result.stdout, result.stderr)
