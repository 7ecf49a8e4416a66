"""One message for one variable and file."""

import json
from pathlib import Path

import pytest

from tests.support.command import pinner

REASON = "V has no value"
CASES = {
    "two uses": ("ARG V\nFROM a:$V\nFROM b:$V\n", [(2, "; also on line 3")]),
    "three uses": (
        "ARG V\nFROM a:$V\nFROM b:$V\nFROM c:$V\n",
        [(2, "; also on lines 3, 4")],
    ),
    "two variables": (
        "ARG V\nARG W\nFROM a:$V\nFROM b:$W\n",
        [(3, "into build-args"), (4, "into build-args")],
    ),
    "one of them twice": (
        "ARG V\nARG W\nFROM a:$V\nFROM b:$V$W\nFROM c:$W\n",
        [(3, "into build-args"), (4, "; also on line 5")],
    ),
    "the first is ignored": (
        "ARG V\n# pinner: ignore[opaque-reference] x\nFROM a:$V\nFROM b:$V\n",
        [(4, "into build-args")],
    ),
    "an image for each platform": (
        "FROM a-$TARGETARCH\nFROM b-$TARGETARCH\n",
        [(1, "base-amd64)"), (2, "base-amd64)")],
    ),
    "no variables that mean anything": ("FROM scratch\nCOPY --from=$V a b\nCOPY --from=$V c d\n", [(2, ""), (3, "")]),
}


@pytest.mark.parametrize("command", ["check", "pin"])
@pytest.mark.parametrize("name", CASES)
def test_one_message_for_a_variable(name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, expected = CASES[name]
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text(text)
    report = pinner(command, "--format", "json", ".").document
    assert [each["line"] for each in report["findings"]] == [line for line, _ in expected]
    for each, (_, end) in zip(report["findings"], expected, strict=True):
        assert each["message"].endswith(end)
    assert report["summary"]["findings"] == len(expected)


def test_files_are_told_each_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.Dockerfile", "b.Dockerfile"):
        Path(name).write_text("ARG V\nFROM a:$V\n")
    assert len(pinner("check", "--format", "json", ".").document["findings"]) == 2


def test_the_baseline_knows_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("ARG V\nFROM a:$V\n")
    pinner("check", "--write-baseline", "b.json", ".")
    Path("Dockerfile").write_text("ARG V\nFROM a:$V\nFROM b:$V\n")
    run = pinner("check", "--baseline", "b.json", "--format", "json", ".")
    assert [each["line"] for each in json.loads(run.stdout)["findings"]] == [3]
