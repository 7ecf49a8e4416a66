"""`check --write-baseline` and `--baseline`: what is known passes, what is new fails, what is gone is told."""

import json
from pathlib import Path

import pytest

from pinner.checking.baseline import Baseline, KnownFinding, read_baseline, write_baseline
from pinner.model.errors import UsageError
from tests.support.command import Ran, pinner
from tests.support.occurrences import DIGEST

FILE = "pinner-baseline.json"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "Dockerfile", "FROM node:20", "FROM node:20", "FROM alpine:3")
    write(tmp_path, "sub dir/Dockerfile", "FROM node:20")
    return tmp_path


def write(tree: Path, name: str, *lines: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text("".join(f"{line}\n" for line in lines))


def check(*arguments: str) -> Ran:
    return pinner("check", "--format", "json", *arguments)


def counts(run: Ran) -> tuple[int, int, int]:
    summary = run.document["summary"]
    return summary["findings"], summary["known"], summary["outdated"]


def test_what_is_written(tree: Path) -> None:
    run = check("--write-baseline", FILE)
    assert (run.code, counts(run)) == (0, (0, 4, 0))
    assert (
        (tree / FILE).read_text()
        == """\
{
  "schema_version": 1,
  "entries": [
    {
      "path": "Dockerfile",
      "rule": "unpinned",
      "text": "alpine:3",
      "count": 1
    },
    {
      "path": "Dockerfile",
      "rule": "unpinned",
      "text": "node:20",
      "count": 2
    },
    {
      "path": "sub dir/Dockerfile",
      "rule": "unpinned",
      "text": "node:20",
      "count": 1
    }
  ]
}
"""
    )


def test_what_is_known_passes_wherever_its_line_is(tree: Path) -> None:
    assert check("--write-baseline", FILE).code == 0
    write(tree, "Dockerfile", "# moved", "FROM alpine:3", "", "FROM node:20", "FROM node:20")
    run = check("--baseline", FILE)
    assert (run.code, counts(run)) == (0, (0, 4, 0))
    assert run.stderr == "2 files, 4 references: 0 pinned, 0 findings, 0 unchecked, 4 known\n"


def test_what_is_new_fails(tree: Path) -> None:
    check("--write-baseline", FILE)
    write(tree, "Dockerfile", "FROM node:20", "FROM node:20", "FROM node:20", "FROM alpine:3.1")
    run = check("--baseline", FILE)
    assert (run.code, counts(run)) == (1, (2, 3, 1))
    assert [(finding["line"], finding["text"]) for finding in run.document["findings"]] == [
        (3, "node:20"),
        (4, "alpine:3.1"),
    ]


def test_what_is_gone_is_told(tree: Path) -> None:
    check("--write-baseline", FILE)
    write(tree, "Dockerfile", f"FROM node:20@{DIGEST}", "FROM node:20")
    run = check("--baseline", FILE)
    assert (run.code, counts(run)) == (0, (0, 2, 2))
    assert run.stderr.endswith(", 2 known, 2 outdated in the baseline\n")
    (tree / "sub dir" / "Dockerfile").unlink()
    assert counts(check("--baseline", FILE)) == (0, 1, 3)


def test_files_and_rules_outside_of_the_run_are_not_told_as_gone(tree: Path) -> None:
    write(tree, "Dockerfile", "FROM node", "FROM X")
    check("--write-baseline", FILE)
    assert counts(check("--baseline", FILE, "sub dir")) == (0, 1, 0)
    assert counts(check("--baseline", FILE, "--ignore", "invalid-reference")) == (0, 2, 0)
    online = KnownFinding("Dockerfile", "stale-digest", "node"), KnownFinding("Dockerfile", "unpinned", "gone")
    write_baseline(FILE, Baseline(".", dict.fromkeys(online, 1)))
    assert counts(check("--baseline", FILE, "Dockerfile")) == (2, 0, 1)


def test_paths_start_at_the_baseline_s_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "ci").mkdir()
    check("--write-baseline", f"ci/{FILE}")
    entries = json.loads((tree / "ci" / FILE).read_text())["entries"]
    assert {entry["path"] for entry in entries} == {"../Dockerfile", "../sub dir/Dockerfile"}
    monkeypatch.chdir(tree / "sub dir")
    assert counts(check("--baseline", f"../ci/{FILE}")) == (0, 1, 0)
    assert counts(check("--baseline", str(tree / "ci" / FILE), str(tree))) == (0, 4, 0)


def test_the_configuration_may_name_the_baseline(tree: Path) -> None:
    check("--write-baseline", FILE)
    (tree / "pinner.toml").write_text(f'baseline = "{FILE}"')
    assert counts(check()) == (0, 4, 0)
    write(tree, "Dockerfile", "FROM new:1")
    assert counts(check("--write-baseline", FILE)) == (0, 2, 0)


def test_what_is_ignored_is_not_written(tree: Path) -> None:
    write(tree, "Dockerfile", "# pinner: ignore[unpinned] why", "FROM node:20")
    assert counts(check("--write-baseline", FILE, "Dockerfile")) == (0, 0, 0)
    assert read_baseline(FILE).counts == {}


def test_what_cannot_be_checked_still_shows(tree: Path) -> None:
    (tree / "Dockerfile").write_bytes(b"\xff\xfe")
    assert check("--write-baseline", FILE).code == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read the baseline: no such file or directory; --write-baseline makes one"),
        ("", "this is no baseline; --write-baseline makes one"),
        ("[]", "this is no baseline; --write-baseline makes one"),
        ('{"schema_version": 1}', "this is no baseline; --write-baseline makes one"),
        ('{"schema_version": 1, "entries": [{"path": "a"}]}', "this is no baseline; --write-baseline makes one"),
        ('{"schema_version": 1, "entries": [1]}', "this is no baseline; --write-baseline makes one"),
        ("[" * 100000, "this is no baseline; --write-baseline makes one"),
        ('{"schema_version": 2, "entries": []}', "this baseline has version 2, pinner knows 1"),
    ],
)
def test_a_file_that_is_no_baseline(tree: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tree / FILE).write_text(text)
    with pytest.raises(UsageError) as caught:
        read_baseline(FILE)
    assert str(caught.value) == f"{FILE}: {message}"


def test_counts_of_many_digits(tree: Path) -> None:
    run = check("--write-baseline", FILE)
    (tree / FILE).write_text((tree / FILE).read_text().replace('"count": 1', f'"count": {"9" * 4300}'))
    run = check("--baseline", FILE)
    assert (run.code, counts(run)[:2]) == (0, (0, 4))


def test_a_file_that_cannot_be_written(tree: Path) -> None:
    run = pinner("check", "--write-baseline", "none/file")
    assert (run.code, run.stderr) == (2, "error: none/file: cannot write the baseline: no such file or directory\n")
