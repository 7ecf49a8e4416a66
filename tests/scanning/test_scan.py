"""Every file is read, and one that cannot be read does not keep the others from it."""

from pathlib import Path

from pinner.model.occurrence import Severity
from pinner.model.report import FileFailure
from pinner.pipeline import check
from pinner.scanning.discovery import discover
from pinner.scanning.scan import Scan, scan_files
from pinner.scanning.suppressions import SuppressionSettings
from tests.support.occurrences import DIGEST, OTHER_DIGEST

PINNED = f"FROM node:20@{DIGEST}\n"


def scan(folder: Path, *texts: str, suppression_settings: SuppressionSettings = SuppressionSettings()) -> Scan:  # noqa: B008 - frozen
    for number, text in enumerate(texts):
        (folder / f"{number}.Dockerfile").write_text(text)
    found = discover([str(folder)])
    return scan_files(found.files, found.failures, suppression_settings)


def test_pinned_files_are_read_as_all_others(tmp_path: Path) -> None:
    scanned = scan(tmp_path, PINNED, "FROM node:20\n")
    assert [Path(path).name for path in scanned.files] == ["0.Dockerfile", "1.Dockerfile"]
    assert [each.text for each in scanned.occurrences] == [f"node:20@{DIGEST}", "node:20"]


def test_a_tag_with_two_digests_in_two_pinned_files_is_found(tmp_path: Path) -> None:
    report = check(scan(tmp_path, PINNED, f"FROM docker.io/library/node:20@{OTHER_DIGEST}\n"))
    assert {(each.rule, each.severity) for each in report.findings} == {("conflicting-digests", Severity.WARNING)}
    assert len(report.findings) == 2


def test_what_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    for name in ("a.Dockerfile", "b.Dockerfile"):
        (tmp_path / name).write_text(PINNED)
    found = discover([str(tmp_path)]).files
    (tmp_path / "a.Dockerfile").unlink()
    before = FileFailure("c", None, "why")
    scanned = scan_files(found, [before])
    assert [(Path(each.path).name, each.message) for each in scanned.failures] == [
        ("c", "why"),
        ("a.Dockerfile", "no such file or directory"),
    ]
    assert [Path(path).name for path in scanned.files] == ["b.Dockerfile"]


def test_what_is_wrong_in_a_file_is_a_failure_beside_what_was_read(tmp_path: Path) -> None:
    scanned = scan(tmp_path, "FROM node:20\nFOO\n")
    assert [(each.line, each.message) for each in scanned.failures] == [(2, "unknown instruction: FOO")]
    assert len(scanned.occurrences) == 1


def test_the_suppressions_are_applied(tmp_path: Path) -> None:
    scanned = scan(tmp_path, PINNED, suppression_settings=SuppressionSettings(ignore_images=("docker.io/library/*",)))
    assert [each.image_ignored for each in scanned.occurrences] == [True]
