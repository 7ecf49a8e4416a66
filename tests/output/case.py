"""One report that holds every rule, hostile names and positions that are easy to get wrong.

The golden files in tests/cases/output are the renderings of this report. After a change that is meant,
write them anew with `python -m tests.output.golden`, and read the difference before it is committed.
"""

from datetime import UTC, datetime
from types import ModuleType
from typing import cast

from pinner.finding import Applicability, Finding, Fix, Ignore, Opaque, Severity
from pinner.output._states import Detail
from pinner.output.listing import Answer, NoAnswer
from pinner.reference import parse
from pinner.report import Change, FileFailure, Kept, Report, Summary, Suppressed, Unchecked
from pinner.rules import Rule
from pinner.source import Edit, Location, Source, Span
from tests.support.occurrences import DIGEST, OTHER_DIGEST, occurrence_in

NEW_DIGEST = "sha256:" + "c" * 64

RULES = {
    "broken-index": Severity.ERROR,
    "conflicting-digests": Severity.WARNING,
    "digest-after-variable": Severity.ERROR,
    "digest-without-tag": Severity.WARNING,
    "floating-tag": Severity.NOTE,
    "invalid-reference": Severity.ERROR,
    "missing-digest": Severity.ERROR,
    "missing-tag": Severity.WARNING,
    "not-an-image": Severity.WARNING,
    "opaque-reference": Severity.ERROR,
    "platform-digest": Severity.ERROR,
    "stale-digest": Severity.WARNING,
    "unpinned": Severity.ERROR,
    "unused-ignore": Severity.WARNING,
}

DOCKERFILE = Source(
    "Dockerfile",
    f"""\
# syntax=docker/dockerfile:1
ARG VERSION=20
FROM node:20 AS build
FROM redis
FROM ${{BASE}}
FROM Node:20
FROM node:${{VERSION}}@{DIGEST}
FROM tools
FROM node@{DIGEST}
FROM node:18@{DIGEST}
FROM node:18@{OTHER_DIGEST}
# pinner: ignore[unpinned] published next week
FROM busybox:1.36@{DIGEST}
FROM gone:1@{DIGEST}
FROM untagged:1@{DIGEST}
FROM empty:1@{DIGEST}
# pinner: ignore[unpinned] built on the machine | `itself`
FROM localhost/app:dev
FROM quay.io/slow/image:3
""".encode(),
)

COMPOSE = Source(
    "büro, 100% neu: eins/compose.yaml",
    f"""\
\ufeffservices: {{"größe": {{image: "nginx:1.27@{OTHER_DIGEST}"}}}}\r
  # 名前: 🐳\r
  "名🐳": {{image: 'alpine:3.20'}}\r
""".encode(),
)

HOSTILE = Source(
    "::error title=x::a\nb\x1b[31m|`@all`<b>.dockerfile", b"FROM a\x1b[2J\xe2\x80\xae##[error]x|`@team`<b>\r\n"
)


def _find(source: Source, text: str, rule: str, message: str, fix: Fix | None = None, at: int = 0) -> Finding:
    context = "FROM" if "dockerfile" in source.path.lower() else "services.größe.image"
    place = occurrence_in(source, text, at=at)
    return Finding(rule, RULES[rule], source.path, place.where, text, context, message, fix)


def _fix(source: Source, text: str, new: str, old: str = "") -> Fix:
    """Put `new` in the place of `old` at the end of `text`."""
    span = occurrence_in(source, text).span
    title = f"Pin {text.partition('@')[0]} to {new.rpartition('@')[2]}"
    return Fix(title, Applicability.SAFE, (Edit(Span(span.end - len(old), span.end), new),))


def _ignore(source: Source, text: str) -> Ignore:
    where = occurrence_in(source, text).where
    return Ignore(where, ("unpinned",), text.partition("] ")[2], text)


_IGNORE = _ignore(DOCKERFILE, "# pinner: ignore[unpinned] built on the machine | `itself`")
_PINNED = f"node:18@{DIGEST}"
_CONFLICT = f"node:18@{OTHER_DIGEST}"
_STALE = f"nginx:1.27@{OTHER_DIGEST}"
_INJECTION = "a\x1b[2J\u202e##[error]x|`@team`<b>"

FINDINGS = (
    _find(DOCKERFILE, "docker/dockerfile:1", "unpinned", "docker/dockerfile:1 is not pinned to a digest"),
    _find(
        DOCKERFILE, "node:20", "unpinned", "node:20 is not pinned to a digest",
        _fix(DOCKERFILE, "node:20", f"@{NEW_DIGEST}"),
    ),
    _find(
        DOCKERFILE, "redis", "floating-tag", "redis has no tag, which means latest: name the version that is meant",
    ),
    _find(
        DOCKERFILE, "redis", "unpinned", "redis is not pinned to a digest",
        _fix(DOCKERFILE, "redis", f":latest@{NEW_DIGEST}"),
    ),
    _find(
        DOCKERFILE, "${BASE}", "opaque-reference", "${BASE} cannot be known from this file: give BASE a default",
    ),
    _find(
        DOCKERFILE, "Node:20", "invalid-reference",
        '"Node:20" is no image reference: repository name (library/Node) must be lowercase',
    ),
    _find(
        DOCKERFILE, "node:${VERSION}@" + DIGEST, "digest-after-variable",
        "the digest switches VERSION off: move it into the default of VERSION",
    ),
    _find(
        DOCKERFILE, "tools", "not-an-image",
        "tools names no earlier build stage, so BuildKit pulls an image of that name",
    ),
    _find(
        DOCKERFILE, "node@" + DIGEST, "digest-without-tag",
        f"node@{DIGEST} names no tag: write the tag that the digest was taken from before it",
    ),
    _find(
        DOCKERFILE, _PINNED, "conflicting-digests",
        f"node:18 is pinned to {DIGEST} here and to {OTHER_DIGEST} at Dockerfile:11",
    ),
    _find(
        DOCKERFILE, _CONFLICT, "conflicting-digests",
        f"node:18 is pinned to {OTHER_DIGEST} here and to {DIGEST} at Dockerfile:10",
    ),
    Finding(
        "unused-ignore", RULES["unused-ignore"], DOCKERFILE.path,
        occurrence_in(DOCKERFILE, "# pinner: ignore[unpinned] published next week").where,
        "# pinner: ignore[unpinned] published next week", "# pinner: ignore",
        "ignore[unpinned] hides no finding: remove the comment",
    ),
    _find(DOCKERFILE, "gone:1@" + DIGEST, "missing-digest", f"the registry no longer has {DIGEST}"),
    _find(DOCKERFILE, "untagged:1@" + DIGEST, "missing-tag", "the registry has no tag 1 any more"),
    _find(DOCKERFILE, "empty:1@" + DIGEST, "broken-index", f"the index {DIGEST} lists no manifest"),
    _find(HOSTILE, _INJECTION, "invalid-reference", f'"{_INJECTION}" is no image reference: invalid reference format'),
    _find(
        COMPOSE, _STALE, "stale-digest", f"the tag 1.27 names {NEW_DIGEST} now",
        _fix(COMPOSE, _STALE, NEW_DIGEST, OTHER_DIGEST),
    ),
    _find(
        COMPOSE, "alpine:3.20", "platform-digest", "the manifest is for linux/amd64 alone",
        _fix(COMPOSE, "alpine:3.20", f"@{NEW_DIGEST}"),
    ),
)  # fmt: skip

_SLOW = occurrence_in(DOCKERFILE, "quay.io/slow/image:3")
_LOCAL = _find(DOCKERFILE, "localhost/app:dev", "unpinned", "localhost/app:dev is not pinned to a digest")

REPORT = Report(
    Summary(files=5, references=20, pinned=9, findings=len(FINDINGS), unchecked=1, ignored=1, changed=5, kept=4),
    FINDINGS,
    (
        Unchecked(
            _SLOW.path, _SLOW.where, _SLOW.text, _SLOW.context, "timeout",
            "quay.io did not answer in 10 seconds;\r\n::warning::try again, 100% sure",
        ),
    ),
    (
        FileFailure("broken/Dockerfile", 7, "unterminated heredoc"),
        FileFailure("secret/Dockerfile", None, "permission denied"),
    ),
    (
        Change("old/Dockerfile", Location(1, 6, 1, 85), "nginx:1.27", DIGEST, NEW_DIGEST),
        Change("old/Dockerfile", Location(2, 6, 2, 17), "alpine:3.20", None, NEW_DIGEST),
        Change("older/Dockerfile", Location(2, 6, 2, 17), "alpine:3.20", None, NEW_DIGEST),
        Change("older/Dockerfile", Location(3, 6, 3, 80), "busybox", DIGEST, None),
        Change("older/Dockerfile", Location(4, 6, 4, 80), "gone:1", DIGEST, NEW_DIGEST, "nothing was compared"),
    ),
    (Suppressed(_LOCAL, _IGNORE),),
    (
        Kept("old/Dockerfile", Location(9, 6, 9, 80), "same:1", "same-manifests", "nothing | of `use` is new"),
        Kept("old/Dockerfile", Location(10, 6, 10, 80), "same:1", "same-manifests", "nothing | of `use` is new"),
        Kept("old/Dockerfile", Location(11, 6, 11, 80), "chart:1", "not-an-image", "it holds a\u202echart", True),
        Kept(HOSTILE.path, Location(1, 6, 1, 20), _INJECTION, "too-young", "##[error] not before tomorrow"),
    ),
    {source.path: source for source in (DOCKERFILE, COMPOSE, HOSTILE)},
)  # fmt: skip

CLEAN = Report(Summary(files=1, references=2, pinned=2, findings=0, unchecked=0))

OCCURRENCES = (
    occurrence_in(DOCKERFILE, "node:20", insert_at=63),
    occurrence_in(DOCKERFILE, "redis"),
    occurrence_in(DOCKERFILE, "${BASE}", target=Opaque("give BASE a default"), unwritable="give BASE a default"),
    occurrence_in(DOCKERFILE, "Node:20"),
    occurrence_in(DOCKERFILE, "node@" + DIGEST),
    occurrence_in(COMPOSE, _STALE, "services.größe.image"),
)

_INDEX = "application/vnd.oci.image.index.v1+json"
_SEEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

DETAILS = (
    Detail("unpinned", NEW_DIGEST, _INDEX, ("linux/amd64", "linux/arm64"), first_seen=_SEEN, age_days=1),
    Detail("unchecked", reason="timeout", problem="quay.io did not answer\x1b[2J"),
    Detail(),
    Detail(),
    Detail("untagged", None, "application/vnd.oci.image.manifest.v1+json"),
    Detail("platform", NEW_DIGEST, _INDEX, problem="it is linux/\u202eamd64", first_seen=_SEEN, age_days=12),
)

ANSWERS = (
    Answer(
        "node", parse("node"), NEW_DIGEST, "application/vnd.oci.image.index.v1+json", ("linux/amd64", "linux/arm64")
    ),
    Answer("quay.io/a/b:1", parse("quay.io/a/b:1"), DIGEST, "application/vnd.oci.image.manifest.v1+json", ()),
)
NO_ANSWERS = (NoAnswer("quay.io/slow/image:3", "timeout", "quay.io did not answer in 10 seconds"),)


def rule_modules() -> tuple[Rule, ...]:
    """A module for every rule, with a documentation that no golden file has to follow."""
    return tuple(_rule_module(rule, severity) for rule, severity in RULES.items())


def _rule_module(rule: str, severity: Severity) -> Rule:
    documentation = f"## What it does\n\nReports what {rule} is\nabout.\n\n## Remedy\n\nRun `pinner pin`.\n"
    module = ModuleType(rule, documentation)
    vars(module).update(ID=rule, SUMMARY=f"the summary of {rule}", SEVERITY=severity, check=lambda facts: ())
    return cast(Rule, module)
