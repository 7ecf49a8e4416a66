"""What files decide on images that other files name: builders of the repository, and kustomizations."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pinner.model.occurrence import Decider, Decision, Link, Occurrence, Reading
from pinner.model.reference import Reference
from pinner.scanning.readings import ScannedFile

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names that Kustomize looks for in a folder."""
_BY_FILES = (Decider.BUILDER, Decider.KUSTOMIZATION)


def decided(files: Mapping[str, ScannedFile], builders: Mapping[str, ScannedFile]) -> dict[str, ScannedFile]:
    """Return the files with what all of them, and the `builders` beside them, decide at each occurrence."""
    everything = {**builders, **files}
    made = _Built(decision for file in everything.values() for decision in file.reading.decisions)
    overrides = _overrides_by_path(everything)
    earlier = any(each.decision for file in files.values() for each in file.reading.occurrences)
    if not (made.decisions or overrides or earlier):
        return dict(files)
    return {
        path: file._replace(
            reading=_with_decisions(file.reading, made, overrides.get(_normal(path), {}) if overrides else {})
        )
        for path, file in files.items()
    }


class _Built:
    """The images that builders of the run make."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.decisions: dict[tuple[str, str | None], Decision] = {}
        for each in decisions:
            if each.by is Decider.BUILDER:
                self.decisions.setdefault((each.name, each.tag), each)

    def of(self, image: Reference) -> Decision | None:
        """Return what builds an image. A digest comes from a registry: what has one was not built here."""
        if image.digest is not None:
            return None
        tagged = self.decisions.get((image.name, image.by_tag().tag))
        return tagged or self.decisions.get((image.name, None))


def _with_decisions(reading: Reading, built: _Built, overrides: Mapping[str, Decision]) -> Reading:
    def with_decision(occurrence: Occurrence) -> Occurrence:
        if occurrence.decision is not None and occurrence.decision.by not in _BY_FILES:
            return occurrence
        decision = None
        if occurrence.built is None and isinstance(occurrence.target, Reference):
            override = overrides.get(written_name(occurrence.text)) if occurrence.kind != "kustomize" else None
            decision = override or built.of(occurrence.target)
        return occurrence._replace(decision=decision)

    return reading._replace(occurrences=tuple(map(with_decision, reading.occurrences)))


def written_name(text: str) -> str:
    """Return a reference as it is written, without tag and digest: Kustomize compares names so."""
    name = text.partition("@")[0]
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _overrides_by_path(files: Mapping[str, ScannedFile]) -> dict[str, dict[str, Decision]]:
    """Return what kustomizations decide by name, for every file on which one of them works."""
    deciding = {path: _of_kustomization(file.reading) for path, file in files.items() if file.reading.decisions}
    overrides: dict[str, dict[str, Decision]] = {}
    if not any(deciding.values()):
        return overrides
    readings = {_normal(path): file.reading for path, file in files.items()}
    hosts = _hosts(readings)
    for path, decisions in deciding.items():
        for resource in _resources(_normal(path), readings, hosts) if decisions else ():
            for each in decisions:
                overrides.setdefault(resource, {}).setdefault(each.name, each)
    return overrides


def _of_kustomization(reading: Reading) -> list[Decision]:
    return [each for each in reading.decisions if each.by is Decider.KUSTOMIZATION]


def _hosts(readings: Mapping[str, Reading]) -> dict[str, list[tuple[str, Sequence[Link]]]]:
    """Return for each component the kustomizations that name it, and what those have loaded when they come to it."""
    hosts: dict[str, list[tuple[str, Sequence[Link]]]] = {}
    for path, reading in readings.items():
        for at, link in enumerate(reading.links):
            if link.kind == "kustomize":
                for component in _files_of(path, link, readings):
                    hosts.setdefault(component, []).append((path, reading.links[:at]))
    return hosts


def _resources(
    start: str, readings: Mapping[str, Reading], hosts: Mapping[str, Sequence[tuple[str, Sequence[Link]]]]
) -> set[str]:
    """Return the files of the run that a kustomization leads to, through folders with kustomizations of their own.

    A component works on what the kustomization that names it has loaded before, too.
    """
    waiting, asked = [start], set()
    components = [start]
    while components:
        component = components.pop()
        for host, links in hosts.get(component, ()) if component not in asked else ():
            waiting += [file for link in links for file in _files_of(host, link, readings)]
            components.append(host)
        asked.add(component)
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += [file for link in readings[path].links for file in _files_of(path, link, readings)]
    return seen


def _files_of(path: str, link: Link, readings: Mapping[str, Reading]) -> Iterator[str]:
    """Yield the files of the run that a link means: itself, or the kustomization of that folder."""
    target = _normal(posixpath.join(posixpath.dirname(path), link.path))
    names = (target, *(posixpath.join(target, name) for name in KUSTOMIZATIONS))
    return (name for name in names if name in readings)


def _normal(path: str) -> str:
    """Return the one spelling of a path: from another folder, `../here/x` is `x`."""
    return os.path.abspath(path).replace("\\", "/")
