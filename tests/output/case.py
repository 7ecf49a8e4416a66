"""One report that holds every rule, hostile names and positions that are easy to get wrong.

The golden files in tests/cases/output are the renderings of this report. After a change that is meant,
write them anew with `make regenerate`, and read the difference before it is committed.
"""

from datetime import UTC, datetime
from types import ModuleType
from typing import Any, cast

from pinner.model.changes import Change, Explanation, Kept, Provenance
from pinner.model.occurrence import (
    Decider,
    Decision,
    Finding,
    Occurrence,
    Opaque,
    Place,
    Severity,
    Suppression,
    Template,
)
from pinner.model.reference import Reference, parse
from pinner.model.report import FileFailure, Report, Summary, Suppressed, Unchecked
from pinner.model.resolution import PinState, PinStatus
from pinner.model.source import Location, Source, Span
from pinner.output._states import Detail
from pinner.output.listing import ResolvedText, UnresolvedText
from pinner.rules import RULES as ALL_RULES
from pinner.rules import Facts, Rule, template_file, unused_ignore
from tests.support.occurrences import DIGEST, OTHER_DIGEST, occurrence_in

NEW_DIGEST = "sha256:" + "c" * 64

RULES = {
    "broken-index": Severity.ERROR,
    "built-here": Severity.NOTE,
    "conflicting-digests": Severity.WARNING,
    "digest-after-variable": Severity.ERROR,
    "digest-on-built-image": Severity.ERROR,
    "digest-without-tag": Severity.WARNING,
    "floating-tag": Severity.NOTE,
    "invalid-reference": Severity.ERROR,
    "missing-digest": Severity.ERROR,
    "missing-tag": Severity.WARNING,
    "not-an-image": Severity.ERROR,
    "opaque-reference": Severity.ERROR,
    "platform-digest": Severity.ERROR,
    "pulled-before-build": Severity.ERROR,
    "stale-digest": Severity.WARNING,
    "template-file": Severity.WARNING,
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
  "名🐳": {{image: 'alpine:3.20@{DIGEST}'}}\r
""".encode(),
)

HOSTILE = Source(
    "::error title=x::a\nb\x1b[31m|`@all`<b>.dockerfile", b"FROM a\x1b[2J\xe2\x80\xae##[error]x|`@team`<b>\r\n"
)


def _place(source: Source, text: str, **fields: Any) -> Occurrence:
    """The place of `text`, as a reader finds it."""
    is_dockerfile = "dockerfile" in source.path.lower()
    context, kind = ("FROM", "dockerfile") if is_dockerfile else ("services.größe.image", "compose")
    place = occurrence_in(source, text, context, kind=kind, **fields)
    if not isinstance(place.target, Reference):
        return place
    start = place.span.end - len(place.target.digest or "")
    return place._replace(place=Place(place.path, Span(start, place.span.end)))


def _find(rule: str, *places: Occurrence, status: PinStatus | None = None) -> tuple[Finding, ...]:
    """What the rule itself says of the places, all of which have this status."""
    statuses = {place.target: status for place in places if status and isinstance(place.target, Reference)}
    (module,) = (module for module in ALL_RULES if rule == module.ID)
    return tuple(module.check(Facts(places, statuses=statuses)))


def _template(source: Source) -> tuple[Finding, ...]:
    """What the rule says of a file that still has to be rendered."""
    template = Template(where=Location(1, 1, 1, 5), text="FROM", literals=(1,))
    return tuple(template_file.check(Facts((), templates=[(source.path, template)])))


def _unused(source: Source, text: str) -> tuple[Finding, ...]:
    return tuple(unused_ignore.check(Facts((), [(source.path, _ignore(source, text))])))


def _ignore(source: Source, text: str) -> Suppression:
    where = occurrence_in(source, text).where
    return Suppression(where, ("unpinned",), text.partition("] ")[2], text)


_IGNORE = _ignore(DOCKERFILE, "# pinner: ignore[unpinned] built on the machine | `itself`")
_CONFLICT = (_place(DOCKERFILE, f"node:18@{DIGEST}"), _place(DOCKERFILE, f"node:18@{OTHER_DIGEST}"))
_STALE = f"nginx:1.27@{OTHER_DIGEST}"
_CHILD = f"alpine:3.20@{DIGEST}"
_INJECTION = "a\x1b[2J\u202e##[error]x|`@team`<b>"
_NEW = PinStatus(PinState.UNPINNED, NEW_DIGEST)

FINDINGS = (
    *_find("unpinned", _place(DOCKERFILE, "docker/dockerfile:1")),
    *_find("unpinned", _place(DOCKERFILE, "node:20"), status=_NEW),
    *_find("floating-tag", _place(DOCKERFILE, "redis")),
    *_find("unpinned", _place(DOCKERFILE, "redis"), status=_NEW),
    *_find("opaque-reference", _place(DOCKERFILE, "${BASE}", target=Opaque("give BASE a default"))),
    *_find("invalid-reference", _place(DOCKERFILE, "Node:20")),
    *_find(
        "digest-after-variable",
        _place(DOCKERFILE, f"node:${{VERSION}}@{DIGEST}", target=parse(f"node:20@{DIGEST}"), dead_variable="VERSION"),
    ),
    *_find("not-an-image", _place(DOCKERFILE, "tools", stage="tools")),
    *_find("digest-without-tag", _place(DOCKERFILE, f"node@{DIGEST}")),
    *_find("conflicting-digests", *_CONFLICT),
    *_unused(DOCKERFILE, "# pinner: ignore[unpinned] published next week"),
    *_find("missing-digest", _place(DOCKERFILE, f"gone:1@{DIGEST}"), status=PinStatus(PinState.GONE, None)),
    *_find("missing-tag", _place(DOCKERFILE, f"untagged:1@{DIGEST}"), status=PinStatus(PinState.NO_TAG, None)),
    *_find(
        "broken-index",
        _place(DOCKERFILE, f"empty:1@{DIGEST}"),
        status=PinStatus(PinState.FRESH, DIGEST, broken="the index lists no image"),
    ),
    *_find(
        "built-here",
        _place(
            DOCKERFILE,
            "localhost/app:dev",
            decision=Decision(
                by=Decider.BUILDER, name="localhost/app", tag=None, path="ska\x1b[2Jffold|`x`.yaml", line=3
            ),
        ),
    ),
    *_find("digest-on-built-image", _place(COMPOSE, _CHILD, built="build")),
    *_find("pulled-before-build", _place(COMPOSE, _STALE, built="always")),
    *_template(HOSTILE),
    *_find("invalid-reference", _place(HOSTILE, _INJECTION)),
    *_find("stale-digest", _place(COMPOSE, _STALE), status=PinStatus(PinState.STALE, NEW_DIGEST)),
    *_find(
        "platform-digest",
        _place(COMPOSE, _CHILD),
        status=PinStatus(PinState.PLATFORM, NEW_DIGEST, child="linux/amd64"),
    ),
)

_SLOW = occurrence_in(DOCKERFILE, "quay.io/slow/image:3")
(_LOCAL,) = _find("unpinned", _place(DOCKERFILE, "localhost/app:dev"))

LOST = Explanation(why="lost", current=True, first_seen="2026-01-02T03:04:05Z")
EXPLANATION = Explanation(
    why="version",
    before=Provenance("1.2|3", "0" * 40, "https://github.com/us/app", "2026-01-02T03:04:05Z"),
    after=Provenance(
        "<b>@all</b> fixes #7,\n::error::[a](javascript:b) `c`",
        "f" * 40,
        "https://github.com/us/app",
        None,
        "b",
        DIGEST,
    ),
    compare_url=f"https://github.com/us/app/compare/{'0' * 40}...{'f' * 40}",
    added=("linux/riscv64",),
    lost=("linux/arm/v7",),
    tag_digest=DIGEST,
)

REPORT = Report(
    Summary(5, 20, 9, len(FINDINGS), unchecked=1, ignored=1, changed=7, kept=3, refused=1),
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
        Change("older/Dockerfile", Location(4, 6, 4, 80), "gone:1", DIGEST, NEW_DIGEST, explanation=LOST),
        Change("older/Dockerfile", Location(5, 6, 5, 80), "moved:1", DIGEST, NEW_DIGEST, "", EXPLANATION),
        Change("older/Dockerfile", Location(6, 6, 6, 80), "added:1", None, NEW_DIGEST, "", Explanation(current=True)),
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
    occurrence_in(DOCKERFILE, "node:20", place=Place(DOCKERFILE.path, Span(63, 63)), kind="dockerfile"),
    occurrence_in(DOCKERFILE, "redis", kind="dockerfile"),
    occurrence_in(
        DOCKERFILE,
        "${BASE}",
        target=Opaque("give BASE a default"),
        unwritable="give BASE a default",
        kind="dockerfile",
    ),
    occurrence_in(DOCKERFILE, "Node:20", kind="dockerfile"),
    occurrence_in(DOCKERFILE, "node@" + DIGEST, kind="dockerfile"),
    occurrence_in(COMPOSE, _STALE, "services.größe.image", kind="compose"),
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
    ResolvedText(
        "node", parse("node"), NEW_DIGEST, "application/vnd.oci.image.index.v1+json", ("linux/amd64", "linux/arm64")
    ),
    ResolvedText("quay.io/a/b:1", parse("quay.io/a/b:1"), DIGEST, "application/vnd.oci.image.manifest.v1+json", ()),
)
NO_ANSWERS = (UnresolvedText("quay.io/slow/image:3", "timeout", "quay.io did not answer in 10 seconds"),)


def rule_modules() -> tuple[Rule, ...]:
    """A module for every rule, with a documentation that no golden file has to follow."""
    return tuple(_rule_module(rule, severity) for rule, severity in RULES.items())


def _rule_module(rule: str, severity: Severity) -> Rule:
    documentation = f"## What it does\n\nReports what {rule} is\nabout.\n\n## Remedy\n\nRun `pinner pin`.\n"
    module = ModuleType(rule, documentation)
    vars(module).update(ID=rule, SUMMARY=f"the summary of {rule}", SEVERITY=severity, check=lambda facts: ())
    return cast(Rule, module)
