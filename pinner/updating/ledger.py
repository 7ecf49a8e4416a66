"""What pinner saw of tags and pins, and when: the source of every age.

A file of JSON Lines, one fact a line. Lines are appended; they may stand in any order, and a double says nothing new,
so that Git merges two ledgers with `merge=union`. Only what pinner saw itself, or what a registry says of its own
clock, is noted: what a publisher writes into an image about its age is no source.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pinner.model.errors import InvalidReference, ReadError, UsageError, WriteError
from pinner.model.files import read_file, write_file
from pinner.model.reference import Reference, is_digest, parse

# What was superseded so long ago, and is pinned nowhere, decides nothing any more.
_FORGOTTEN = timedelta(days=400)
_CONFLICT_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_OLD_START = b'{"schema_version"'

ReadFile = Callable[[str], bytes | None]


class FactKind(StrEnum):
    """What a fact says of an image and a digest."""

    NAMED = "named"
    """The tag named the digest, for the first time or again after another."""
    PINNED = "pinned"
    """A file pinned the image to the digest."""
    REJECTED = "rejected"
    """Somebody moved the pin away from the digest, to the one in `instead`."""


class Fact(NamedTuple):
    """One line of a ledger. `image` has no digest; it has no tag where an older version of pinner did not note it."""

    time: datetime
    kind: FactKind
    image: Reference
    digest: str
    instead: str | None = None


class Naming(NamedTuple):
    """A time from which on a tag named a digest, until the next naming of the same tag."""

    time: datetime
    digest: str


class Ledger:
    """Facts in the order of their times, and what follows from them. Immutable.

    `path` is where they were read, None where no ledger was there, and `data` the bytes that were read. `from_future`
    counts the facts whose times had not come yet: they count from the time of reading.
    """

    def __init__(
        self, facts: Iterable[Fact] = (), *, path: str | None = None, data: bytes = b"", from_future: int = 0
    ) -> None:
        self.facts = tuple(sorted(set(facts), key=_order))
        self.path = path
        self.data = data
        self.from_future = from_future
        self._of_image: dict[Reference, list[Fact]] = {}
        for fact in self.facts:
            self._of_image.setdefault(fact.image, []).append(fact)

    def noted(self, facts: Iterable[Fact]) -> "Ledger":
        """Return this ledger with more facts."""
        # Whole seconds, as in the file: a fact that is read again must equal the one that was noted.
        more = (fact._replace(time=fact.time.replace(microsecond=0)) for fact in facts)
        return Ledger((*self.facts, *more), path=self.path, data=self.data, from_future=self.from_future)

    def namings(self, image: Reference) -> tuple[Naming, ...]:
        """Return what a tag named, the oldest first; two neighbours have different digests."""
        namings: list[Naming] = []
        for fact in self._facts(image, FactKind.NAMED):
            if not namings or namings[-1].digest != fact.digest:
                namings.append(Naming(fact.time, fact.digest))
        return tuple(namings)

    def first_named(self, image: Reference, digest: str) -> datetime | None:
        """Return when a tag was first seen to name a digest."""
        return next((fact.time for fact in self._facts(image, FactKind.NAMED) if fact.digest == digest), None)

    def since(self, pin: Reference) -> datetime | None:
        """Return when a pin was first seen, under its tag or in a file."""
        # The older format has pins without their tags.
        facts = (*self.facts_of(pin.by_tag()), *self.facts_of(pin._replace(tag=None, digest=None)))
        kinds = (FactKind.NAMED, FactKind.PINNED)
        return min((fact.time for fact in facts if fact.digest == pin.digest and fact.kind in kinds), default=None)

    def rejections(self, image: Reference) -> tuple[Fact, ...]:
        """Return the digests of an image that somebody moved a pin away from."""
        return tuple(self._facts(image, FactKind.REJECTED))

    def pins(self, image: Reference) -> tuple[str, ...]:
        """Return the digests to which an image was pinned, the latest first, each once."""
        latest_first = reversed(list(self._facts(image, FactKind.PINNED)))
        return tuple(dict.fromkeys(fact.digest for fact in latest_first))

    def facts_of(self, image: Reference) -> list[Fact]:
        """Return all facts about an image, with its tag as it was noted."""
        return self._of_image.get(image, [])

    def in_force(self, in_use: Iterable[Reference], now: datetime) -> set[Fact]:
        """Return the facts that may still decide something; `in_use` are the pins in the files."""
        limit, pins = now - _FORGOTTEN, set(in_use)
        in_force = set()
        for image, facts in self._of_image.items():
            named = [fact for fact in facts if fact.kind is FactKind.NAMED]
            old = [fact for fact in named if fact.time < limit]
            # The last naming before the limit says what the tag named at the limit.
            in_force.update(old[-1:])
            in_force.update(each for each in facts if each.time >= limit or image._replace(digest=each.digest) in pins)
            # No time ends a rejection: only a third digest does.
            in_force.update(each for each in self.rejections(image) if not has_named_a_third(each, named))
        return in_force

    def _facts(self, image: Reference, kind: FactKind) -> Iterator[Fact]:
        return (fact for fact in self._of_image.get(image.by_tag(), ()) if fact.kind is kind)


def has_named_a_third(rejection: Fact, namings: Iterable[Fact | Naming]) -> bool:
    """Return whether a tag has named another digest since, neither the rejected one nor what took its place."""
    both = (rejection.digest, rejection.instead)
    return any(each.time > rejection.time and each.digest not in both for each in namings)


def read_ledger(path: str, now: datetime, read: ReadFile | None = None) -> Ledger:
    """Return the ledger in a file, an empty one without a path where there is none.

    `read` returns the bytes of a file, None where there is none; by default it reads the disk. Raises UsageError, which
    names path and line.
    """
    data = (read or _read)(path)
    if data is None:
        return Ledger()
    facts = list(_parsed(path, data))
    in_time = [fact._replace(time=min(fact.time, now)) for fact in facts]
    from_future = sum(fact.time > now for fact in facts)
    return Ledger(in_time, path=path, data=data, from_future=from_future)


def write_ledger(path: str, ledger: Ledger, now: datetime, in_use: Iterable[Reference] = ()) -> None:
    """Append what is new to the file, unless nothing is. Raises UsageError.

    Lines stay as they are but for those of the older format, doubles, those that came from the future, and those that
    can decide nothing any more: `in_use` are the pins in the files.
    """
    kept = ledger.in_force(in_use, now)
    stays = ledger.path == path and not ledger.data.startswith(_OLD_START)
    text = ledger.data.decode("utf-8-sig", "replace") if stays else ""
    # One line for each fact: what is appended from another ledger may stand here already.
    lines: dict[Fact | None, str] = {}
    for line in text.splitlines():
        lines.setdefault(_fact_of(line), line)
    for fact in ledger.facts:
        lines.setdefault(fact, render_fact(fact))
    data = "".join(f"{line}\n" for fact, line in lines.items() if fact in kept).encode()
    try:
        if data != ledger.data or ledger.path != path:
            write_file(path, data)
    except WriteError as error:
        raise UsageError(f"the ledger {path} cannot be written: {error.reason}") from error


def render_fact(fact: Fact) -> str:
    """Return the line of a fact."""
    time = fact.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = {"time": time, "fact": fact.kind.value, "image": str(fact.image), "digest": fact.digest}
    return json.dumps({**line, "instead": fact.instead} if fact.instead else line)


def _read(path: str) -> bytes | None:
    if not os.path.lexists(path):
        return None
    try:
        return read_file(path)
    except ReadError as error:
        raise UsageError(f"the ledger {path} cannot be read: {error.reason}") from error


def _parsed(path: str, data: bytes) -> Iterator[Fact]:
    lines = data.decode("utf-8-sig", "replace").splitlines()
    # Before anything else is said: what such markers break may not even be JSON Lines.
    for number, line in enumerate(lines, 1):
        if line.startswith(_CONFLICT_MARKERS):
            raise UsageError(
                f"{path}:{number}: the ledger holds a merge conflict: keep the lines of both sides without the markers,"
                f" and write `{os.path.basename(path)} merge=union` into .gitattributes"
            )
    if data.startswith(_OLD_START):
        yield from _of_old_format(path, data)
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            fact = _fact_of(line)
            if fact is None:
                raise UsageError(
                    f"{path}:{number}: the ledger is damaged: this line is no fact; take it out, or restore the file"
                )
            yield fact


def _fact_of(line: str) -> Fact | None:
    """Return the fact of a line, None where it is none."""
    try:
        match json.loads(line):
            case {"time": str(time), "fact": str(kind), "image": str(image), "digest": str(digest), **others}:
                instead = str(others["instead"]) if "instead" in others else None
                if is_digest(digest) and (instead is None or is_digest(instead)):
                    return Fact(
                        time=_time(time), kind=FactKind(kind), image=parse(image), digest=digest, instead=instead
                    )
    except (ValueError, OverflowError, RecursionError, InvalidReference):
        # OverflowError: a time whose zone moves it out of the calendar. RecursionError: brackets in brackets.
        pass
    return None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    # Without a zone it would be the local time of the machine that reads it.
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time.astimezone(UTC).replace(microsecond=0)


def _of_old_format(path: str, data: bytes) -> Iterator[Fact]:
    """Yield the facts of a ledger as pinner wrote it before: one JSON document with first sightings."""
    try:
        document = json.loads(data)
        if document["schema_version"] != 1:
            raise ValueError("schema_version")
        for entry in document["entries"]:
            tag, digest = entry.get("tag"), entry["digest"]
            if not is_digest(digest):
                raise ValueError(f"{json.dumps(digest)[:100]} is no digest")
            image = Reference(
                registry=str(entry["registry"]),
                repository=str(entry["repository"]),
                tag=None if tag is None else str(tag),
            )
            kind = FactKind.NAMED if tag else FactKind.PINNED
            yield Fact(time=_time(entry["first_seen"]), kind=kind, image=image, digest=digest)
    except (ValueError, OverflowError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"the ledger {path} is damaged: {error}; mend it, or remove it to start anew") from error


def _order(fact: Fact) -> tuple[datetime, str, str, str, str]:
    # By all fields: facts of one second have one order, whatever order the lines have.
    return fact.time, str(fact.image), fact.kind, fact.digest, fact.instead or ""
