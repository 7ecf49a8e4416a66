"""Run `pinner update` as a step of a workflow, and keep what it wrote on a branch, whatever it exits with.

What the ledger of the branch knows is added before. The step itself fails only where nothing could be kept: a later
one, after the pull request, fails with pinner's exit code, which is an output.
"""

import base64
import json
import os
import shlex
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence

LEDGER = "pinner-ledger.jsonl"
COUNTS = ("changed", "kept", "refused", "unchecked")
# The exit code of pinner for usage and configuration: then it has written nothing.
USAGE = 2
# The workspace's own repository, in which nothing that a checkout brings is run.
GIT = "git --git-dir=.git --work-tree=. -c core.hooksPath=/dev/null -c maintenance.auto=false".split()
AUTHOR = "-c user.name=pinner -c user.email=pinner@localhost".split()


def command(environment: Mapping[str, str], report: str, body: str) -> list[str]:
    """Return the command line. -P: a module named pinner in the checked-out repository is none of ours."""

    def given(name: str) -> str:
        return environment.get(f"INPUT_{name}", "").strip()

    words = [sys.executable, "-P", "-m", "pinner", "update"]
    words += ["--min-age", given("MIN_AGE")] if given("MIN_AGE") else []
    words += ["--format", "text", "--format", f"json={report}", "--format", f"markdown={body}"]
    paths = [line.strip() for line in given("PATHS").splitlines() if line.strip()]
    return [*words, *shlex.split(given("ARGS")), "--", *paths]


def credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the token as configuration of Git for the repository's server alone, as actions/checkout gives it."""
    token, server = environment.get("INPUT_TOKEN", "").strip(), environment.get("GITHUB_SERVER_URL", "")
    if not (token and server.startswith("https://")):
        return {}
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    key = f"http.{server}/.extraheader"
    values = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": ""}
    return {**values, "GIT_CONFIG_KEY_1": key, "GIT_CONFIG_VALUE_1": f"AUTHORIZATION: basic {basic}"}


def git(arguments: Sequence[str], environment: Mapping[str, str], *, check: bool = True) -> int:
    """Run Git in the workspace. Raises CalledProcessError where it fails and is not to."""
    quiet = {**environment, "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run([*GIT, *arguments], env=quiet, check=check).returncode


def ledger_of(environment: Mapping[str, str]) -> str:
    """Return the path of the ledger in the workspace: what the configuration names, else the usual one beside it."""
    words = [sys.executable, "-P", "-m", "pinner", "config", "--format", "json"]
    # What is wrong in the configuration is told by the update.
    shown = subprocess.run(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    ).stdout
    if not shown:
        return LEDGER
    document = json.loads(shown)
    named = document["settings"]["ledger"]["value"] or LEDGER
    path = os.path.relpath(os.path.join(os.path.dirname(document["file"] or ""), named))
    # One that lies elsewhere is not kept on the branch.
    return LEDGER if path.startswith(os.pardir) else path


def take_ledger(path: str, branch: str, environment: Mapping[str, str]) -> None:
    """Add what the ledger of the branch holds to the one in the workspace: each may know facts that the other lacks.

    A pin that somebody rolled back, and what was rejected by that, is on the default branch first.
    """
    secret = {**environment, **credentials(environment)}
    fetched = git(["fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"refs/heads/{branch}"], secret, check=False)
    # A link is left to pinner, which refuses it.
    if fetched == 0 and not os.path.islink(path):
        show = [*GIT, "cat-file", "blob", f"FETCH_HEAD:{path}"]
        facts = subprocess.run(show, env=environment, stdout=subprocess.PIPE, check=False).stdout
        if facts:
            with open(path, "ab") as ledger:
                ledger.write(b"\n" + facts)


def keep(path: str, branch: str, title: str, environment: Mapping[str, str]) -> bool:
    """Commit everything and push it to the branch. Return whether more than the ledger at `path` changed."""
    moved = git(["diff", "--quiet", "--", ".", f":(exclude,literal){path}"], environment, check=False) != 0
    git(["add", "--all"], environment)
    if git(["diff", "--cached", "--quiet"], environment, check=False):
        git([*AUTHOR, "commit", "--quiet", "--message", title], environment)
        secret = {**environment, **credentials(environment)}
        git(["push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}"], secret)
    return moved


def outputs(values: Mapping[str, str]) -> str:
    """Return the lines for GITHUB_OUTPUT. The delimiter cannot be guessed, so no value can end itself."""
    delimiter = f"pinner-{uuid.uuid4()}"
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())


def append(path: str | None, text: str) -> None:
    """Add to a file of the runner's; outside of a runner there is none."""
    if path and text:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def read(path: str) -> str:
    """Return the text of a report, empty if pinner ended before it wrote one."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def main() -> int:
    """Run the step and return its exit code."""
    environment = dict(os.environ)
    branch, title = (environment.get(f"INPUT_{name}", "").strip() for name in ("BRANCH", "TITLE"))
    folder = tempfile.mkdtemp(dir=environment.get("RUNNER_TEMP"))
    report, body = os.path.join(folder, "report.json"), os.path.join(folder, "report.md")
    unprivileged = {name: value for name, value in environment.items() if name != "INPUT_TOKEN"}
    ledger = ledger_of(unprivileged)
    take_ledger(ledger, branch, environment)
    exit_code = subprocess.run(command(environment, report, body), env=unprivileged, check=False).returncode
    text = read(report)
    counts = json.loads(text)["summary"] if text else {}
    values = {"exit-code": str(exit_code), "report": body} | {name: str(counts.get(name, 0)) for name in COUNTS}
    append(environment.get("GITHUB_STEP_SUMMARY"), read(body))
    try:
        values["moved"] = str(exit_code != USAGE and keep(ledger, branch, title, environment)).lower()
    except subprocess.CalledProcessError as error:
        print(f"error: cannot keep the ledger and the moves: git ended with {error.returncode}", file=sys.stderr)
        return 1
    finally:
        append(environment.get("GITHUB_OUTPUT"), outputs(values))
    return 0


if __name__ == "__main__":
    sys.exit(main())
