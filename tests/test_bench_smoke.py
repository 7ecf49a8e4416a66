"""The benchmark works. How fast anything is it says by hand: `make bench`."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.support.tools import require

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "bench").is_dir(), reason="the benchmark is not part of the distribution")


def test_corpora_are_the_same_bytes_every_time() -> None:
    from bench import corpus

    for write in (corpus.dockerfile, corpus.compose_file):
        assert write(Random(7), True) == write(Random(7), True)
        assert "@sha256:" in write(Random(7), True)
        assert "@sha256:" not in write(Random(7), False)


@pytest.mark.integration
def test_every_case_does_its_work_once() -> None:
    require("git")
    run = subprocess.run(
        [sys.executable, "-m", "bench.run", "--smoke"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    for work in (
        "hook on",
        "start:",
        "pinned Dockerfiles",
        "Compose files",
        "YAML files",
        "pin 10 tags",
        "growth:",
        "100 images",
    ):
        assert work in run.stdout
