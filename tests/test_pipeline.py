"""The parts put together: what is asked, what is planned, what is written, and what is said of the rest."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from pinner import pipeline
from pinner.fixing import fixer
from pinner.model.reference import Reference
from pinner.model.report import Summary
from pinner.model.resolution import Resolution, Resolved, Unresolved
from pinner.pipeline import Answered, Outcome
from pinner.scanning.discovery import discover
from pinner.scanning.readings import ScannedFile
from pinner.scanning.scan import Scan, scan_files
from tests.support.pinning import DIGEST, digest_of

INDEX = "application/vnd.oci.image.index.v1+json"


class Registry:
    """Answers every reference, except those that it was told not to know, and remembers what it was asked.

    It tells as many answers early as `told` says, in the order of the alphabet, as the real one does.
    """

    def __init__(self, *unknown: str, told: int | None = None) -> None:
        self.unknown = unknown
        self.told = told
        self.asked: list[str] = []

    def __call__(self, references: Iterable[Reference], answered: Answered) -> Mapping[Reference, Resolution]:
        answers = {each: self._answer(each) for each in sorted(references, key=str)}
        self.asked += map(str, answers)
        for reference, answer in list(answers.items())[: self.told]:
            answered(reference, answer)
        return answers

    def _answer(self, reference: Reference) -> Resolution:
        if reference.familiar in self.unknown:
            return Unresolved(reference, "not-found", f"there is no {reference.familiar}")
        return Resolved(reference, digest_of(reference), INDEX)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.dockerfile").write_text(text)


def scan() -> Scan:
    found = discover(["."])
    return scan_files(found.files, found.failures)


def pin(registry: Registry, *, write: bool = True) -> Outcome:
    return pipeline.pin(scan(), registry, write=write)


def pinned(name: str) -> str:
    return f"{name}@{digest_of(_canonical(name))}"


def _canonical(name: str) -> Reference:
    repository, _, tag = name.partition(":")
    return Reference("docker.io", f"library/{repository}", tag)


# check.


def test_a_check_judges_every_file() -> None:
    write(a=f"FROM node:20@{DIGEST}\n", b="FROM node:20\nFROM $X\n", c="FROM a\nFOO\n")
    report = pipeline.check(scan())
    assert [(each.path, each.where.line, each.rule) for each in report.findings] == [
        ("b.dockerfile", 1, "unpinned"),
        ("b.dockerfile", 2, "invalid-reference"),
        ("c.dockerfile", 1, "unpinned"),
    ]
    assert [(each.path, each.line, each.message) for each in report.errors] == [
        ("c.dockerfile", 2, "unknown instruction: FOO")
    ]
    assert report.summary == Summary(files=3, references=4, pinned=1, findings=3, unchecked=0)


def test_a_file_that_cannot_be_read_hides_no_other() -> None:
    write(a="FROM a:1\n")
    Path("b.dockerfile").symlink_to("gone")
    report = pipeline.check(scan())
    assert [each.path for each in report.findings] == ["a.dockerfile"]
    assert [(each.path, each.line, each.message) for each in report.errors] == [
        ("b.dockerfile", None, "no such file or directory")
    ]
    assert report.summary.files == 2


def test_a_comment_hides_a_finding_and_one_that_hides_nothing_is_said() -> None:
    write(a="# pinner: ignore[unpinned] for now\nFROM a:1\n# pinner: ignore[unpinned]\nFROM scratch\n")
    report = pipeline.check(scan())
    assert [(each.rule, each.where.line) for each in report.findings] == [("unused-ignore", 3)]
    assert [(each.finding.rule, each.suppression.reason) for each in report.suppressed] == [("unpinned", "for now")]
    assert report.summary.ignored == 1


# pin.


def test_pinning_writes_what_is_missing_and_nothing_is_left_to_say() -> None:
    write(a=f"FROM node:20\nFROM b:1@{DIGEST}\n", b="ARG V=20\nFROM docker.io/node:$V\n", c="FROM scratch\n")
    registry = Registry()
    report, fixed = pin(registry)
    assert Path("a.dockerfile").read_text() == f"FROM {pinned('node:20')}\nFROM b:1@{DIGEST}\n"
    assert (
        Path("b.dockerfile").read_text() == f"ARG V={pinned('node:20').removeprefix('node:')}\nFROM docker.io/node:$V\n"
    )
    assert sorted(fixed.contents) == ["a.dockerfile", "b.dockerfile"]
    assert (report.findings, report.unchecked, report.errors) == ((), (), ())
    assert (report.summary.pinned, report.summary.changed) == (3, 2)


def test_each_image_is_asked_for_once() -> None:
    write(a="FROM node:20\nFROM node\n", b="FROM docker.io/library/node:20\nCOPY --from=node:latest a b\n")
    registry = Registry()
    pin(registry)
    assert registry.asked == ["docker.io/library/node:20", "docker.io/library/node:latest"]


def test_only_what_can_be_written_is_asked_for() -> None:
    write(
        a=f"ARG V=1\nFROM a:$V-x\nFROM b:1@{DIGEST} AS later\nFROM $C\nFROM 0\n",
        b="# pinner: ignore[unpinned]\nFROM secret.example.com/app:1\n",
        c="FROM d:1\nFOO\n",
    )
    registry = Registry()
    report, fixed = pin(registry)
    assert registry.asked == ["docker.io/library/d:1"]
    assert fixed.contents == {}
    assert {(each.path, each.rule) for each in report.findings} == {
        ("a.dockerfile", "unpinned"),
        ("a.dockerfile", "invalid-reference"),
        ("a.dockerfile", "not-an-image"),
        ("c.dockerfile", "unpinned"),
    }


def test_a_registry_that_does_not_answer_leaves_its_images_unchecked_and_pins_the_others() -> None:
    write(a="FROM gone:1\nFROM node:20\nCOPY --from=gone:1 a b\n", b="FROM gone:1\n")
    report, _ = pin(Registry("gone:1"))
    assert Path("a.dockerfile").read_text() == f"FROM gone:1\nFROM {pinned('node:20')}\nCOPY --from=gone:1 a b\n"
    assert Path("b.dockerfile").read_text() == "FROM gone:1\n"
    assert [
        (each.path, each.where.line, each.context, each.text, each.reason, each.detail) for each in report.unchecked
    ] == [
        ("a.dockerfile", 1, "FROM", "gone:1", "not-found", "there is no gone:1"),
        ("a.dockerfile", 3, "COPY --from", "gone:1", "not-found", "there is no gone:1"),
        ("b.dockerfile", 1, "FROM", "gone:1", "not-found", "there is no gone:1"),
    ]
    # What was not answered is not `unpinned` as well.
    assert report.findings == ()
    assert report.summary.unchecked == 3


def test_pinning_in_thought_writes_nothing_and_says_the_same() -> None:
    write(a="FROM node:20\nFROM gone:1\n")
    thought = pin(Registry("gone:1"), write=False)
    assert Path("a.dockerfile").read_text() == "FROM node:20\nFROM gone:1\n"
    written = pin(Registry("gone:1"))
    assert thought.report._replace(sources={}) == written.report._replace(sources={})
    assert thought.fixed[:3] == written.fixed[:3]
    assert Path("a.dockerfile").read_bytes() == thought.fixed.contents["a.dockerfile"]


def test_a_second_time_asks_and_writes_nothing() -> None:
    write(a="FROM node:20\n")
    pin(Registry())
    registry = Registry()
    report, fixed = pin(registry)
    assert (registry.asked, fixed.contents, report.changes) == ([], {}, ())


def test_the_changes_name_image_and_digests() -> None:
    write(a="\nFROM ghcr.io/a/b\n")
    report, _ = pin(Registry())
    (change,) = report.changes
    assert (change.path, change.where.line, change.image, change.old) == ("a.dockerfile", 2, "ghcr.io/a/b", None)
    assert change.new == digest_of(Reference("ghcr.io", "a/b", "latest"))


def test_a_file_that_cannot_be_written_is_left_alone_and_said_and_the_others_are_written() -> None:
    write(a="FROM a:1\n", b="FROM b:1\n")
    Path("a.dockerfile").chmod(0o444)
    report, fixed = pin(Registry())
    assert Path("a.dockerfile").read_text() == "FROM a:1\n"
    assert Path("b.dockerfile").read_text() == f"FROM {pinned('b:1')}\n"
    assert [(each.path, each.message) for each in report.errors] == [
        ("a.dockerfile", "the file is read-only; nothing was written")
    ]
    assert [(each.path, each.rule) for each in report.findings] == [("a.dockerfile", "unpinned")]
    assert [each.path for each in report.changes] == ["b.dockerfile"]
    assert sorted(fixed.contents) == ["b.dockerfile"]


def test_files_are_edited_while_others_are_waited_for_and_written_after_all_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edited: list[str] = []

    def edit_file(before: ScannedFile, plans: Sequence[fixer.Plan]) -> fixer.EditedFile:
        edited.append(before.source.path)
        return fixer.edit_file(before, plans)

    class Waiting(Registry):
        def __call__(self, references: Iterable[Reference], answered: Answered) -> Mapping[Reference, Resolution]:
            answers = super().__call__(references, answered)
            assert edited == ["a.dockerfile"]
            assert Path("a.dockerfile").read_text() == "FROM a:1\nFROM b:1\n"
            return answers

    write(a="FROM a:1\nFROM b:1\n", b="FROM b:1\nFROM c:1\n")
    monkeypatch.setattr(pipeline, "edit_file", edit_file)
    _, fixed = pin(Waiting(told=2))
    assert sorted(fixed.contents) == ["a.dockerfile", "b.dockerfile"]
    assert Path("a.dockerfile").read_text() == f"FROM {pinned('a:1')}\nFROM {pinned('b:1')}\n"


def test_a_file_that_changed_meanwhile_is_left_alone() -> None:
    class Meddler(Registry):
        def __call__(self, references: Iterable[Reference], answered: Answered) -> Mapping[Reference, Resolution]:
            Path("a.dockerfile").write_text("FROM c:1\n")
            return super().__call__(references, answered)

    write(a="FROM a:1\n")
    report, _ = pin(Meddler())
    assert Path("a.dockerfile").read_text() == "FROM c:1\n"
    assert [each.message for each in report.errors] == ["the file changed while pinner was at work; run pinner again"]


MANY = {
    "a": "FROM a:1\nFROM b:1\nCOPY --from=a:1 x y\n",
    "b": "ARG V=1\nFROM b:$V\nFROM gone:1\nFROM c\n",
    "c": "FROM gone:1\n",
    "d": f"FROM d:1\nFROM d:1@{DIGEST}\nFOO\n",
    "e": "FROM e:1 AS a\nFROM a\nFROM b:1\n",
}


@pytest.mark.parametrize("told", range(7))
def test_answers_that_are_told_early_change_nothing_but_the_order_of_the_work(told: int) -> None:
    write(**MANY)
    Path("compose.yaml").write_text("services:\n  a:\n    image: a:1\n  b:\n    build: {dockerfile: e.dockerfile}\n")
    late = pin(Registry("gone:1", told=0), write=False)
    early = pin(Registry("gone:1", told=told), write=True)
    assert early.report._replace(sources={}) == late.report._replace(sources={})
    assert early.fixed[:3] == late.fixed[:3]
    assert {path: Path(path).read_bytes() for path in late.fixed.contents} == late.fixed.contents


@pytest.mark.parametrize("told", [0, None])
def test_an_edit_that_would_read_differently_is_not_made(told: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from pinner.model.source import Edit

    write(a="FROM a:1\nRUN x\n", b="FROM b:1\n")
    monkeypatch.setattr(fixer, "edit_of", lambda occurrence, digest: Edit(occurrence.place.span, "\nFROM z"))
    report, fixed = pin(Registry(told=told))
    assert fixed.contents == {}
    assert Path("a.dockerfile").read_text() == "FROM a:1\nRUN x\n"
    assert {each.message for each in report.errors} == {"the edited file would read differently; it was left alone"}


# unpin.


def test_unpinning_takes_every_digest_away() -> None:
    write(
        a=f"ARG V=20@{DIGEST}\nFROM node:$V\nFROM node@{DIGEST}\nCOPY --from=x:1@{DIGEST} a b\n",
        b="FROM node:20\n",
    )
    report, fixed = pipeline.unpin(scan(), write=True)
    assert Path("a.dockerfile").read_text() == "ARG V=20\nFROM node:$V\nFROM node\nCOPY --from=x:1 a b\n"
    assert sorted(fixed.contents) == ["a.dockerfile"]
    assert [(each.old, each.new) for each in report.changes] == [(DIGEST, None)] * 3
    assert (report.findings, report.summary.pinned) == ((), 0)


def test_unpinning_undoes_pinning() -> None:
    text = "# syntax=docker/dockerfile:1\nARG V=20\nFROM node:${V} AS a\r\nFROM scratch\nCOPY --from='b:1' c d"
    Path("a.dockerfile").write_bytes(text.encode())
    pin(Registry())
    assert Path("a.dockerfile").read_bytes() != text.encode()
    pipeline.unpin(scan(), write=True)
    assert Path("a.dockerfile").read_bytes() == text.encode()


def test_unpinning_in_thought_writes_nothing() -> None:
    write(a=f"FROM node:20@{DIGEST}\n")
    _, fixed = pipeline.unpin(scan(), write=False)
    assert Path("a.dockerfile").read_text() == f"FROM node:20@{DIGEST}\n"
    assert fixed.contents == {"a.dockerfile": b"FROM node:20\n"}


def test_unpinning_leaves_a_digest_alone_that_stands_by_itself() -> None:
    text = f"ARG D={DIGEST}\nFROM node:20@$D\n"
    write(a=text)
    report, _ = pipeline.unpin(scan(), write=True)
    assert Path("a.dockerfile").read_text() == text
    assert [each.message for each in report.errors] == ["the edited file would read differently; it was left alone"]
