"""A repository of Git for tests: real, by somebody with a name, whatever the developer's own configuration is."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = ["-c", "user.name=a", "-c", "user.email=a@example", "-c", "commit.gpgsign=false"]


def git(*arguments: str) -> str:
    """Run Git in the working directory and return what it prints."""
    done = subprocess.run(["git", *IDENTITY, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write_files(files: Mapping[str, str | None]) -> None:
    """Write files by their paths; None removes one, and `-> TARGET` makes a link."""
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(exist_ok=True, parents=True)
        if text is None or path.is_symlink():
            path.unlink()
        if text is not None and text.startswith("-> "):
            path.unlink(missing_ok=True)
            path.symlink_to(text.removeprefix("-> "))
        elif text is not None:
            path.write_text(text)


def commit(files: Mapping[str, str | None]) -> str:
    """Write files, commit everything and return the commit."""
    if not os.path.lexists(".git"):
        git("init", "--quiet", "--initial-branch=trunk")
    write_files(files)
    git("add", "--all", "--force")
    git("commit", "--quiet", "--allow-empty", "-m", "m")
    return git("rev-parse", "HEAD")
