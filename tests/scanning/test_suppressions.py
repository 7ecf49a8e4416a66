"""What comments and the configuration let go, and what the findings say of comments that do not count."""

from collections.abc import Iterable, Sequence

import pytest

from pinner.checking.linter import lint
from pinner.formats import COMPOSE, DOCKERFILE
from pinner.model.reference import Reference
from pinner.model.report import Report
from pinner.model.resolution import Resolved
from pinner.model.source import Source
from pinner.pipeline import Answered, pin, unpin
from pinner.scanning.scan import Scan, scan_stdin
from pinner.scanning.suppressions import SuppressionSettings
from tests.support.occurrences import DIGEST

TODAY = "2027-02-01"


def scan(*lines: str, path: str = "Dockerfile", **suppression_settings: object) -> Scan:
    source = Source(path, "".join(f"{line}\n" for line in lines).encode())
    return scan_stdin(
        source,
        DOCKERFILE if path == "Dockerfile" else COMPOSE,
        SuppressionSettings(**{"today": TODAY} | suppression_settings),
    )  # type: ignore[arg-type]


def rules(report: Report) -> list[tuple[str, int]]:
    return [(finding.rule, finding.where.line) for finding in report.findings]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# pinner: ignore", []),
        ("# pinner: ignore[unpinned] why", []),
        ("# pinner: ignore[unpinned] until=2027-02-01", []),
        ("# pinner: ignore[unpinned] until=2027-01-31", ["expired after 2027-01-31"]),
        ("# pinner: ignore[unpinned] until=2027-1-31", ["has no valid date: write until=YYYY-MM-DD"]),
        ("# pinner: ignore[unpinned] until=2027-02-30", ["has no valid date: write until=YYYY-MM-DD"]),
        ("# pinner: ignore[unpinned] until=20270228", ["has no valid date: write until=YYYY-MM-DD"]),
        ("# pinner: ignore[unpinned] until=", ["has no valid date: write until=YYYY-MM-DD"]),
    ],
)
def test_a_comment_counts_until_its_last_day(comment: str, expected: list[str]) -> None:
    report = lint(scan(comment, "FROM node:20"))
    assert [finding.message for finding in report.findings] == [
        f"node:20 is not pinned to a digest; the ignore comment on line 1 {why}" for why in expected
    ]
    assert report.summary.ignored == 1 - len(expected)


def test_an_expired_comment_that_hides_nothing_is_unused() -> None:
    assert rules(lint(scan("# pinner: ignore[unpinned] until=2020-01-01", f"FROM node:20@{DIGEST}"))) == [
        ("unused-ignore", 1)
    ]


def test_an_expired_comment_beside_one_that_counts() -> None:
    report = lint(scan("# pinner: ignore[unpinned] until=2020-01-01", "# pinner: ignore[unpinned] why", "FROM node:20"))
    assert rules(report) == [("unused-ignore", 1)]
    assert [each.suppression.reason for each in report.suppressed] == ["why"]


@pytest.mark.parametrize(
    ("comment", "required", "expected"),
    [
        ("# pinner: ignore[unpinned]", False, []),
        ("# pinner: ignore[unpinned]", True, ["gives no reason, which require-ignore-reason asks for"]),
        ("# pinner: ignore[unpinned] until=2028-01-01", True,
         ["gives no reason, which require-ignore-reason asks for"]),
        ("# pinner: ignore[unpinned] because", True, []),
    ],
)  # fmt: skip
def test_a_reason_may_be_required(comment: str, required: bool, expected: list[str]) -> None:
    report = lint(scan(comment, "FROM node:20", require_ignore_reason=required))
    assert [finding.message.partition(" on line 1 ")[2] for finding in report.findings] == expected


def test_without_ignores_every_finding_stands() -> None:
    lines = "# pinner: ignore-file[floating-tag] why", "# pinner: ignore[unpinned] why", "FROM node", "# pinner: ignore"
    assert rules(lint(scan(*lines))) == [("unused-ignore", 4)]
    assert rules(lint(scan(*lines, no_ignores=True))) == [("unpinned", 3)]


def test_a_comment_about_the_file_counts_everywhere() -> None:
    lines = "FROM a:1", "FROM b:1", "# pinner: ignore-file[unpinned] a demo"
    report = lint(scan(*lines))
    assert (rules(report), report.summary.ignored) == ([], 2)
    assert {each.suppression.where.line for each in report.suppressed} == {3}
    assert rules(lint(scan("# pinner: ignore-file[floating-tag] a demo", "FROM a:1"))) == [
        ("unused-ignore", 1),
        ("unpinned", 2),
    ]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("ignore-file[unused-ignore] generated", []),
        ("ignore-file[unused-ignore, unpinned] generated", []),
        ("ignore-file[unused-ignore] until=2020-01-01 generated", [("unused-ignore", 2)]),
        ("ignore-file[unpinned] generated", [("unused-ignore", 1), ("unused-ignore", 2)]),
        ("ignore-file generated", [("unused-ignore", 1), ("unused-ignore", 2)]),
    ],
)
def test_a_comment_lets_the_comments_of_its_file_be_unused(comment: str, expected: list[tuple[str, int]]) -> None:
    report = lint(scan(f"# pinner: {comment}", "# pinner: ignore[unpinned] why", f"FROM node:20@{DIGEST}"))
    assert rules(report) == expected
    assert [each.finding.rule for each in report.suppressed] == ([] if expected else ["unused-ignore"])


@pytest.mark.parametrize("comment", ["ignore-file[unused-ignore]", "ignore[unused-ignore]"])
def test_a_comment_that_lets_no_comment_be_unused_is_unused(comment: str) -> None:
    assert rules(lint(scan(f"# pinner: {comment}", f"FROM node:20@{DIGEST}"))) == [("unused-ignore", 1)]


def test_a_comment_about_a_compose_file() -> None:
    lines = "# pinner: ignore-file[unpinned] a demo", "services:", "  a: {image: a:1}", "  b: {image: b:1}"
    assert rules(lint(scan(*lines, path="compose.yaml"))) == []


def test_expired_comments_about_the_file() -> None:
    report = lint(scan("# pinner: ignore-file until=2027-01-31 a demo", "FROM a:1"))
    assert [finding.message for finding in report.findings] == [
        "a:1 is not pinned to a digest; the ignore comment on line 1 expired after 2027-01-31"
    ]


@pytest.mark.parametrize(
    ("globs", "expected", "ignored"),
    [
        ((), [("unpinned", 1), ("unpinned", 2)], 0),
        (("docker.io/library/**",), [("unpinned", 2)], 1),
        (("**",), [], 2),
        (("**", "!docker.io/**"), [("unpinned", 1)], 1),
    ],
)
def test_images_are_left_alone(globs: Sequence[str], expected: list[tuple[str, int]], ignored: int) -> None:
    report = lint(scan("FROM node", "FROM ghcr.io/us/app:1", ignore_images=tuple(globs)))
    assert (rules(report), report.summary.ignored, report.summary.references) == (expected, ignored, 2)


def test_images_that_are_left_alone_do_not_count_as_pinned() -> None:
    report = lint(scan(f"FROM node:1@{DIGEST}", f"FROM ghcr.io/us/app:1@{DIGEST}", ignore_images=("ghcr.io/**",)))
    assert (report.summary.pinned, report.summary.ignored) == (1, 1)


def test_a_comment_on_an_image_that_is_left_alone_is_not_unused() -> None:
    lines = "# pinner: ignore[unpinned] why", "FROM ghcr.io/us/app:1"
    assert rules(lint(scan(*lines, ignore_images=("ghcr.io/**",)))) == []


def test_opaque_references_are_never_left_alone() -> None:
    assert rules(lint(scan("ARG BASE", "FROM ${BASE}", ignore_images=("**",)))) == [("opaque-reference", 2)]


def test_what_is_left_alone_is_not_pinned() -> None:
    asked: list[Reference] = []

    def resolve(references: Iterable[Reference], _: Answered) -> dict[Reference, Resolved]:
        asked.extend(references)
        return {}

    lines = "FROM ghcr.io/us/app:1", "# pinner: ignore[unpinned] why", "FROM node:20"
    outcome = pin(scan(*lines, ignore_images=("ghcr.io/**",)), resolve, write=False)
    assert (asked, outcome.fixed.contents) == ([], {})


def test_what_is_left_alone_is_not_unpinned() -> None:
    lines = f"FROM ghcr.io/us/app:1@{DIGEST}", f"FROM node:20@{DIGEST}"
    outcome = unpin(scan(*lines, ignore_images=("ghcr.io/**",)), write=False)
    assert outcome.fixed.contents["Dockerfile"].decode().splitlines() == [lines[0], "FROM node:20"]
    assert outcome.report.summary.ignored == 1


def test_an_expired_comment_does_not_keep_from_pinning() -> None:
    def resolve(references: Iterable[Reference], _: Answered) -> dict[Reference, Resolved]:
        return {each: Resolved(each, DIGEST, "application/vnd.oci.image.index.v1+json") for each in references}

    outcome = pin(scan("# pinner: ignore[unpinned] until=2020-01-01", "FROM node:20"), resolve, write=False)
    assert outcome.fixed.contents["Dockerfile"].decode().endswith(f"FROM node:20@{DIGEST}\n")
