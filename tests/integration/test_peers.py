"""The comparison with the peers is the one that the documentation shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.peers import TOOLS, table

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.integration


def test_the_comparison_is_true() -> None:
    page = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- peers -->\n(.*)<!-- /peers -->", page, re.DOTALL)
    assert shown
    assert shown[1] == table(TOOLS), "run: python -m bench.peers"


def test_hadolint_asks_for_no_digest() -> None:
    done = subprocess.run([Path(sys.executable).with_name("hadolint"), "-"], input=b"FROM node:20\n", check=False)
    assert done.returncode == 0
