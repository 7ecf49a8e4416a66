"""The states of places, which `pinner list --online` shows beside what the files say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pinner.model.occurrence import Occurrence
from pinner.model.reference import Reference
from pinner.model.report import Unchecked
from pinner.model.resolution import PinStatus
from pinner.updating.ledger import Ledger

_KINDS = {
    "application/vnd.oci.image.index.v1+json": "OCI index",
    "application/vnd.oci.image.manifest.v1+json": "OCI manifest",
    "application/vnd.docker.distribution.manifest.list.v2+json": "Docker list",
    "application/vnd.docker.distribution.manifest.v2+json": "Docker manifest",
}


UNCHECKED = "unchecked"


class Detail(NamedTuple):
    """The state of one place. What is not known is None: of an opaque reference, all of it.

    `state` is a state of a pin, or UNCHECKED, and then alone `reason` is a slug. `current` is the digest that the tag
    names now. `problem` says what is wrong. `age_days` counts by the ledger, since `first_seen`.
    """

    state: str | None = None
    current: str | None = None
    media_type: str | None = None
    platforms: tuple[str, ...] = ()
    reason: str | None = None
    problem: str | None = None
    first_seen: datetime | None = None
    age_days: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the keys that the JSON of a place has in addition."""
        first_seen = self.first_seen and f"{self.first_seen:%Y-%m-%dT%H:%M:%SZ}"
        return {**self._asdict(), "platforms": list(self.platforms), "first_seen": first_seen}

    def cells(self) -> tuple[str, str, str, str]:
        """Return state, kind of content, platforms and age, for people."""
        age = "" if self.age_days is None else "1 day" if self.age_days == 1 else f"{self.age_days} days"
        kind = _KINDS.get(self.media_type or "", self.media_type or "")
        why = self.reason or self.problem
        state = f"{self.state} ({why})" if why else self.state
        return state or "", kind, ", ".join(self.platforms), age


def details(
    occurrences: Iterable[Occurrence],
    statuses: Mapping[Reference, PinStatus],
    unchecked: Sequence[Unchecked],
    ledger: Ledger,
    now: datetime,
) -> list[Detail]:
    """Return the detail of every occurrence, in their order."""
    unanswered = {(each.path, each.where): each for each in unchecked}
    return [_detail(each, statuses, unanswered.get((each.path, each.where)), ledger, now) for each in occurrences]


def _detail(
    occurrence: Occurrence,
    statuses: Mapping[Reference, PinStatus],
    unanswered: Unchecked | None,
    ledger: Ledger,
    now: datetime,
) -> Detail:
    if unanswered:
        return Detail(UNCHECKED, reason=unanswered.reason, problem=unanswered.detail)
    target = occurrence.target
    if not isinstance(target, Reference) or not (status := statuses.get(target)):
        return Detail()
    # What has no digest is as old as what its tag names now.
    first_seen = ledger.since(target if target.digest else target.by_tag()._replace(digest=status.current))
    age = (now - first_seen).days if first_seen else None
    problem = status.broken or (status.child and f"it is {status.child}")
    return Detail(
        state=status.state,
        current=status.current,
        media_type=status.media_type,
        platforms=status.platforms,
        problem=problem,
        first_seen=first_seen,
        age_days=age,
    )
