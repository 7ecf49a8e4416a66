"""What `pinner demo` shows: check, pin and check again on a sample project, with an embedded registry."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from pinner.cli.terminal import standard_stream, write_text
from pinner.demo.registry import SAMPLE, embedded_registry
from pinner.model.errors import ExitCode


class Step(NamedTuple):
    """One command of the demo and the exit code that it must have."""

    title: str
    command: tuple[str, ...]
    expected: ExitCode
    asks: bool = False


STEPS = (
    Step(title="Which images are not pinned?", command=("check",), expected=ExitCode.FINDINGS),
    Step(
        title="What would pinning change? Nothing is written yet.",
        command=("pin", "--diff"),
        expected=ExitCode.FINDINGS,
        asks=True,
    ),
    Step(title="Write the digests.", command=("pin",), expected=ExitCode.CLEAN, asks=True),
    Step(title="Now a CI job would pass.", command=("check",), expected=ExitCode.CLEAN),
)


def show() -> ExitCode:
    """Run the steps in a temporary folder that goes away afterwards. Returns CLEAN when all went as shown."""
    with tempfile.TemporaryDirectory(prefix="pinner-demo-") as folder, embedded_registry() as url:
        project = shutil.copytree(SAMPLE, Path(folder, "project"))
        write_text(f"A sample project in {project} and a registry at {url}: no network is used.\n")
        as_shown = [_take(step, project, url) for step in STEPS]
    return ExitCode.CLEAN if all(as_shown) else ExitCode.FINDINGS


def _take(step: Step, project: Path, url: str) -> bool:
    """Show one command and its output. Returns whether it ended as it should."""
    command = [*step.command, "--mirror", f"*={url}"] if step.asks else [*step.command]
    write_text(f"\n# {step.title}\n$ {shlex.join(['pinner', *command])}\n")
    standard_stream().flush()
    # Not by its name: pinner need not be on the PATH, as in a virtual environment that is not active.
    process = [sys.executable, "-m", "pinner", *command]
    # The user's settings would change what is shown.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PINNER_")}
    # All that the command says goes one way, so that it stays in order where that is no terminal.
    run = subprocess.run(process, cwd=project, env=environ, stderr=subprocess.STDOUT, check=False)
    return run.returncode == step.expected
