"""Run `pinner check` as a step of a workflow: inputs and outputs go through the environment.

The step's outputs are the counts of the JSON report, its summary is the Markdown report, and its exit
code is pinner's.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping

# What pinner itself prints in a workflow where no format is chosen.
PRINTED = "text github"
COUNTS = ("files", "references", "pinned", "findings", "unchecked")


def command(environment: Mapping[str, str], report: str, summary: str) -> list[str]:
    """The command line. -P: a module named pinner in the checked-out repository is none of ours."""

    def given(name: str) -> str:
        return environment.get(f"INPUT_{name}", "").strip()

    words = [sys.executable, "-P", "-m", "pinner", "check"]
    words += ["--online"] if given("ONLINE").lower() == "true" else []
    formats = [*(given("FORMAT") or PRINTED).split(), f"json={report}", f"markdown={summary}"]
    formats += [f"sarif={given('SARIF_FILE')}"] if given("SARIF_FILE") else []
    words += [word for wanted in formats for word in ("--format", wanted)]
    words += ["--fail-on", given("FAIL_ON")] if given("FAIL_ON") else []
    paths = [line.strip() for line in given("PATHS").splitlines() if line.strip()]
    return [*words, *shlex.split(given("ARGS")), "--", *paths]


def outputs(environment: Mapping[str, str], report: str, exit_code: int) -> str:
    """The lines for GITHUB_OUTPUT. The delimiter cannot be guessed, so no value can end itself."""
    sarif = environment.get("INPUT_SARIF_FILE", "").strip()
    values = {"exit-code": str(exit_code), "sarif-file": sarif if os.path.isfile(sarif) else ""}
    text = read(report)
    counts = json.loads(text)["summary"] if text else {}
    values |= {name: str(counts[name]) for name in COUNTS if name in counts}
    delimiter = f"pinner-{uuid.uuid4()}"
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())


def read(path: str) -> str:
    """The text of a report, empty if pinner ended before it wrote one."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def append(path: str | None, text: str) -> None:
    """Add to a file of the runner's; outside of a runner there is none."""
    if path and text:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def main() -> int:
    """Run the step and return its exit code."""
    environment = os.environ
    with tempfile.TemporaryDirectory(dir=environment.get("RUNNER_TEMP")) as folder:
        report, summary = os.path.join(folder, "report.json"), os.path.join(folder, "summary.md")
        exit_code = subprocess.run(command(environment, report, summary), check=False).returncode
        append(environment.get("GITHUB_OUTPUT"), outputs(environment, report, exit_code))
        append(environment.get("GITHUB_STEP_SUMMARY"), read(summary))
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
