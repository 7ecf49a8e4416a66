"""The quick start and the README's picture: their commands print what is shown."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.embedded import Embedded
from tests.support.picture import PICTURE, draw, words

ROOT = Path(__file__).parents[2]
ASKS = ("pin", "resolve")

pytestmark = pytest.mark.integration


def session(page: Path) -> list[tuple[str, str]]:
    """The commands of the console blocks with what they print; a block without output is left out."""
    blocks = re.findall(r"^```console\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    commands = [re.fullmatch(r"\$ pinner (.*?)\n(.+)", block, re.DOTALL) for block in blocks]
    return [(found[1], found[2]) for found in commands if found]


def test_the_quick_start_is_true(tmp_path: Path, embedded_registry: Embedded) -> None:
    project = shutil.copytree(ROOT / "pinner/demo/sample", tmp_path / "project")
    steps = session(ROOT / "docs/index.md")
    assert [command for command, _ in steps] == ["check", "pin", "check"]
    for command, shown in steps:
        mirror = ["--mirror", embedded_registry.mirror] if command in ASKS else []
        done = subprocess.run(
            [sys.executable, "-m", "pinner", command, *mirror],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == shown


def test_the_picture_of_a_terminal_is_true() -> None:
    assert words(PICTURE.read_text(encoding="utf-8")) == words(draw()), "run: make regenerate"
