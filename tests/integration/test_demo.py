"""`pinner demo` shows the main job, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinner.demo.registry import demo_store

pytestmark = pytest.mark.integration


@pytest.fixture
def demo(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PINNER_FORMAT": "json"}
    command = [sys.executable, "-m", "pinner", "demo"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_all_steps_end_as_shown(demo: subprocess.CompletedProcess[str], tmp_path: Path) -> None:
    assert demo.returncode == 0, demo.stdout + demo.stderr
    commands = [line.split()[2] for line in demo.stdout.splitlines() if line.startswith("$ ")]
    assert commands == ["check", "pin", "pin", "check"]
    assert list(tmp_path.iterdir()) == []


def test_the_diff_pins_every_tag_at_every_place(demo: subprocess.CompletedProcess[str]) -> None:
    store = demo_store()
    added = [line[1:] for line in demo.stdout.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert len(added) == 7
    for (repository, tag), digest in store.tags.items():
        name = f"{repository.removeprefix('library/')}:{tag}"
        assert any(f"{name}@{digest}" in line for line in added)
