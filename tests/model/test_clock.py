"""The time that counts as now."""

import time

import pytest

from pinner.model.clock import seconds_now
from pinner.model.errors import UsageError
from tests.support.command import pinner


def test_the_clock_counts_where_nothing_is_set() -> None:
    assert abs(seconds_now({}) - time.time()) < 60
    assert abs(seconds_now({"PINNER_NOW": " ", "SOURCE_DATE_EPOCH": "1"}) - time.time()) < 60


@pytest.mark.parametrize("text", ["1800000000", "1800000000.5", " 1800000000\n"])
def test_the_variable_counts(text: str) -> None:
    assert int(seconds_now({"PINNER_NOW": text})) == 1800000000


@pytest.mark.parametrize(
    "text", ["soon", "2026-01-01", "nan", "inf", "-inf", "-1", "1767225599", "221845392000", "1e30", "0x7"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="PINNER_NOW"):
        seconds_now({"PINNER_NOW": text})


def test_a_comment_ends_by_that_time(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("# pinner: ignore[unpinned] until=2027-01-14 later\nFROM node:20\n")
    codes = []
    for now in ("1799900000", "1800100000"):  # 2027-01-14 and 2027-01-16
        monkeypatch.setenv("PINNER_NOW", now)
        codes.append(pinner("check").code)
    assert codes == [0, 1]
