"""How long content has been known: which digest a tag named, and when pinner first saw that.

A small JSON file, one entry a line and sorted, so that two branches that add entries merge. It is meant
to be committed, or kept in a CI cache. What a publisher writes into an image about its age is no source:
only what pinner saw itself, or what a registry says of its own clock, is noted here.
"""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pinner.errors import ReadError, UsageError, WriteError
from pinner.files import read_file, write_file
from pinner.reference import Reference, is_digest

SCHEMA_VERSION = 1

# An entry that is old enough and was superseded is only of use where all newer ones are gone from the registry.
_SPARE = 8
_WINDOW = timedelta(days=30)
_FORGOTTEN = timedelta(days=400)


class Ledger(NamedTuple):
    """When each digest was first seen, in UTC, to the second.

    The key has a tag where the tag named the digest then; it has none for a pin that was found in a
    file while its tag named something else.
    """

    seen: Mapping[Reference, datetime] = {}

    def noted(self, entries: Iterable[tuple[Reference, datetime]]) -> "Ledger":
        """This ledger with more entries. Of two times for one digest the earlier stands."""
        seen = dict(self.seen)
        for reference, when in entries:
            when = when.replace(microsecond=0)
            seen[reference] = min(when, seen.get(reference, when))
        return Ledger(seen)

    def named(self, tag: Reference) -> dict[str, datetime]:
        """The digests that a tag is known to have named, the newest first."""
        name = tag.by_tag()
        found = [
            (when, key.digest) for key, when in self.seen.items() if key.digest and key.tag and key.by_tag() == name
        ]
        return {digest: when for when, digest in sorted(found, reverse=True)}

    def since(self, pin: Reference) -> datetime | None:
        """When a pin was first seen, under its tag or in a file."""
        times = (self.seen.get(key) for key in (pin, pin.by_digest()))
        return min((when for when in times if when), default=None)


def read_ledger(path: str) -> Ledger:
    """The ledger in a file, an empty one where there is none. Raises UsageError that names the file."""
    if not os.path.lexists(path):
        return Ledger()
    try:
        data = read_file(path)
        return Ledger().noted(_entry(each) for each in _entries(json.loads(data))) if data else Ledger()
    except ReadError as error:
        raise UsageError(f"the ledger {path} cannot be read: {error.reason}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the ledger {path} is damaged: {error}; mend it, or remove it to start anew") from error


def write_ledger(path: str, ledger: Ledger) -> None:
    """Put `ledger` into the file in one step, unless it holds just that already. Raises UsageError."""
    data = render(ledger).encode()
    try:
        if not os.path.lexists(path) or read_file(path) != data:
            write_file(path, data)
    except (ReadError, WriteError) as error:
        raise UsageError(f"the ledger {path} cannot be written: {error.reason}") from error


def render(ledger: Ledger) -> str:
    """The text of the file."""
    lines = [_line(reference, when) for reference, when in sorted(ledger.seen.items(), key=_order)]
    return "\n".join([f'{{"schema_version": {SCHEMA_VERSION}, "entries": [', ",\n".join(lines), "]}", ""])


def pruned(ledger: Ledger, in_use: Iterable[Reference], now: datetime, min_age: timedelta) -> Ledger:
    """`ledger` without what cannot matter any more.

    Of each tag there stay: what is in use, what is younger than `min_age` or a month, and a few older ones
    in case the registry loses the newer. A tag of which nothing is in use and all is older than a year
    and a month goes altogether.
    """
    used = set(in_use)
    groups: dict[tuple[str, str | None], list[tuple[datetime, Reference]]] = {}
    for key, when in ledger.seen.items():
        groups.setdefault((key.name, key.tag), []).append((when, key))
    kept = [each for group in groups.values() for each in _kept(sorted(group, reverse=True), used, now, min_age)]
    return Ledger({key: when for when, key in kept})


def _kept(
    group: list[tuple[datetime, Reference]], used: set[Reference], now: datetime, min_age: timedelta
) -> list[tuple[datetime, Reference]]:
    """What stays of one tag's entries, the newest of which comes first."""
    young = [each for each in group if now - each[0] < max(min_age, _WINDOW)]
    old = group[len(young) :]
    forgotten = now - group[0][0] > max(min_age, _FORGOTTEN)
    spare = [] if forgotten else old[:_SPARE]
    return young + [each for each in old if each in spare or each[1] in used]


def _entries(document: Any) -> list[Any]:
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"it has no schema_version {SCHEMA_VERSION}")
    entries = document.get("entries")
    if not isinstance(entries, list):
        raise ValueError("it has no entries")
    return entries


def _entry(entry: Any) -> tuple[Reference, datetime]:
    match entry:
        case {"registry": str(registry), "repository": str(repository), "digest": str(digest), "first_seen": str(seen)}:
            tag = entry.get("tag")
            if is_digest(digest) and (tag is None or isinstance(tag, str)):
                return Reference(registry, repository, tag, digest), _time(seen)
    raise ValueError(f"{json.dumps(entry)[:200]} is no entry")


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time.astimezone(UTC)


def _order(item: tuple[Reference, datetime]) -> tuple[str, str, str, datetime, str]:
    reference, when = item
    return reference.registry, reference.repository, reference.tag or "", when, reference.digest or ""


def _line(reference: Reference, when: datetime) -> str:
    first_seen = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({**reference._asdict(), "first_seen": first_seen})
