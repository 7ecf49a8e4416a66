"""Run `pinner check` as a step of a workflow: inputs and outputs go through the environment.

The step's outputs are the counts of the JSON report, its summary is the Markdown report, and its exit
code is pinner's. A pull request is judged by the policy of its base, which is fetched before pinner starts.
"""

import base64
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

# What pinner itself prints in a workflow where no format is chosen.
PRINTED = "text github"
COUNTS = ("files", "references", "pinned", "findings", "unchecked")

# The value of the input `policy-from` that lets the checked-out repository configure its own check.
NO_POLICY = "none"
# The events that have a base, and that must not be judged without it.
EVENTS_WITH_BASE = ("pull_request", "pull_request_target", "merge_group")
OBJECT_ID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
# In seconds.
TIME_TO_FETCH = 120
# The workspace's own repository: without --git-dir Git would also take files named HEAD, objects and refs for one. No
# commands but those of the transport, and none that outlive the fetch.
GIT = "git --git-dir=.git -c core.hooksPath=/dev/null -c protocol.ext.allow=never -c maintenance.auto=false".split()
FETCH = "fetch --quiet --no-tags --depth=1 --no-recurse-submodules --no-write-fetch-head origin".split()
# The exit code of pinner for usage and configuration.
USAGE = 2


class NoBase(Exception):
    """The revision whose policy counts is not there: the text says why and what to do."""


def policy_from(environment: Mapping[str, str]) -> str:
    """Return the revision whose policy counts, empty for none: the input, else the base of the event.

    Raises NoBase where the event must have a base and has none.
    """
    wanted = environment.get("INPUT_POLICY_FROM", "").strip()
    if wanted:
        return "" if wanted == NO_POLICY else wanted
    name = environment.get("GITHUB_EVENT_NAME", "")
    event = read_event(environment.get("GITHUB_EVENT_PATH", ""))
    pull_request, merge_group = _table(event, "pull_request"), _table(event, "merge_group")
    base = str(_table(pull_request, "base").get("sha") or merge_group.get("base_sha") or "")
    if OBJECT_ID.fullmatch(base):
        return base
    if name in EVENTS_WITH_BASE:
        raise NoBase(
            f"the event {name} names no base commit; set the input policy-from to a revision, or to {NO_POLICY}"
        )
    return ""


def read_event(path: str) -> dict[str, Any]:
    """Read the event that started the workflow, empty outside of a runner."""
    try:
        event = json.loads(read(path))
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _table(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def fetch(revision: str, environment: Mapping[str, str]) -> None:
    """Fetch a commit by its object id, unless it is here: `--depth=1` would make a full clone a shallow one.

    Raises NoBase. A revision of another form has to be here, which pinner sees to.
    """
    if not OBJECT_ID.fullmatch(revision) or _git(["cat-file", "-e", f"{revision}^{{commit}}"], environment) is None:
        return
    problem = _git([*FETCH, revision], {**environment, **_authorization(environment)})
    if problem is not None:
        raise NoBase(
            f"cannot fetch {revision}, whose policy counts: {problem}. Check the repository out into the workspace,"
            f" with `contents: read` among the permissions, or set the input policy-from to {NO_POLICY}"
        )


def _git(arguments: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Run Git in the workspace's own repository. The result is None, or what went wrong."""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(
            [*GIT, *arguments],
            env={**environment, **quiet},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_TO_FETCH,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"git took more than {TIME_TO_FETCH} seconds"
    except OSError as error:
        return f"git cannot be run: {error.strerror}"
    text = done.stderr.decode(errors="replace")
    said = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return (said or f"git ended with {done.returncode}") if done.returncode else None


def _authorization(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the token as configuration of Git for the repository's server alone, as actions/checkout gives it."""
    token, server = environment.get("INPUT_TOKEN", "").strip(), environment.get("GITHUB_SERVER_URL", "")
    if not (token and server.startswith("https://")):
        return {}
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    key = f"http.{server}/.extraheader"
    # The empty value takes the place of a token that actions/checkout left behind: two headers would be refused.
    return {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": key,
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": key,
        "GIT_CONFIG_VALUE_1": f"AUTHORIZATION: basic {basic}",
    }


def command(environment: Mapping[str, str], report: str, summary: str, policy: str = "") -> list[str]:
    """Return the command line. -P: a module named pinner in the checked-out repository is none of ours."""

    def given(name: str) -> str:
        return environment.get(f"INPUT_{name}", "").strip()

    words = [sys.executable, "-P", "-m", "pinner", "check"]
    words += ["--online"] if given("ONLINE").lower() == "true" else []
    formats = [*(given("FORMAT") or PRINTED).split(), f"json={report}", f"markdown={summary}"]
    formats += [f"sarif={given('SARIF_FILE')}"] if given("SARIF_FILE") else []
    words += [word for wanted in formats for word in ("--format", wanted)]
    words += ["--fail-on", given("FAIL_ON")] if given("FAIL_ON") else []
    words += [f"--policy-from={policy}"] if policy else []
    paths = [line.strip() for line in given("PATHS").splitlines() if line.strip()]
    return [*words, *shlex.split(given("ARGS")), "--", *paths]


def outputs(environment: Mapping[str, str], report: str, exit_code: int) -> str:
    """Return the lines for GITHUB_OUTPUT. The delimiter cannot be guessed, so no value can end itself."""
    sarif = environment.get("INPUT_SARIF_FILE", "").strip()
    values = {"exit-code": str(exit_code), "sarif-file": sarif if os.path.isfile(sarif) else ""}
    text = read(report)
    counts = json.loads(text)["summary"] if text else {}
    values |= {name: str(counts[name]) for name in COUNTS if name in counts}
    delimiter = f"pinner-{uuid.uuid4()}"
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())


def read(path: str) -> str:
    """Return the text of a report, empty if pinner ended before it wrote one."""
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
    environment = dict(os.environ)
    try:
        policy = policy_from(environment)
        fetch(policy, environment)
    except NoBase as error:
        print(f"error: {error}", file=sys.stderr)
        append(environment.get("GITHUB_OUTPUT"), outputs(environment, "", USAGE))
        return USAGE
    environment.pop("INPUT_TOKEN", None)
    with tempfile.TemporaryDirectory(dir=environment.get("RUNNER_TEMP")) as folder:
        report, summary = os.path.join(folder, "report.json"), os.path.join(folder, "summary.md")
        words = command(environment, report, summary, policy)
        exit_code = subprocess.run(words, env=environment, check=False).returncode
        append(environment.get("GITHUB_OUTPUT"), outputs(environment, report, exit_code))
        append(environment.get("GITHUB_STEP_SUMMARY"), read(summary))
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
