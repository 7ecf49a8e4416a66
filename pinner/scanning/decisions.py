"""What files decide on images that other files name: builders of the repository, and kustomizations."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from pinner.model.occurrence import Decider, Decision, Link, Occurrence, Reading
from pinner.model.reference import Reference
from pinner.scanning.readings import ScannedFile

# As Kustomize's api/konfig/general.go lists them.
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names that Kustomize looks for in a folder."""
_BY_FILES = (Decider.BUILDER, Decider.KUSTOMIZATION)
_OF_KUSTOMIZATIONS = ("kubernetes", "kustomize")
"""The kinds of what a kustomization names."""
_CONTAINER = r"(^|\.)(containers|initContainers)\[\d+\]\.image$"
_Built = dict[tuple[str, str | None], Decision]
"""What builders make, by name and tag, which some leave open."""
_Overrides = Mapping[str, Decision]
"""What kustomizations decide, by the name as they write it."""
_Entries = Sequence[Decision]
"""The entries of kustomizations, in the order in which they work."""
# The name of an entry is a pattern to Kustomize, which a tag may match as well. A host has dots that mean nothing else.
_PATTERN = re.compile(r"[^\w.:/-]|[:@][^/]*$|^[^/]*\.[^/]*$|/.*\.")


def decided(files: Mapping[str, ScannedFile], builders: Mapping[str, ScannedFile]) -> dict[str, ScannedFile]:
    """Return the files with what all of them, and the `builders` beside them, decide at each occurrence."""
    everything = {**builders, **files}
    built: _Built = {}
    for each in (decision for file in everything.values() for decision in file.reading.decisions):
        if each.by is Decider.BUILDER:
            built.setdefault((each.name, each.tag), each)
    overrides = _overrides_by_path(everything)
    earlier = any(each.decision for file in files.values() for each in file.reading.occurrences)
    if not (built or overrides or earlier):
        return dict(files)
    found: dict[str, ScannedFile] = {}
    for path, file in files.items():
        of_file = overrides.get(_normal(path), {}) if overrides else {}
        occurrences = tuple(_with_decision(each, built, of_file) for each in file.reading.occurrences)
        found[path] = file._replace(reading=file.reading._replace(occurrences=occurrences))
    return found


def _with_decision(occurrence: Occurrence, built: _Built, overrides: _Overrides) -> Occurrence:
    """Return an occurrence with what builders and kustomizations decide on it."""
    if occurrence.decision is not None and occurrence.decision.by not in _BY_FILES:
        return occurrence
    decision, image = None, occurrence.target
    if occurrence.built is None and isinstance(image, Reference):
        # Kustomize looks for images in containers, and nowhere else (its api/filters/imagetag/legacy.go).
        if overrides and all(re.search(_CONTAINER, each) for each in (occurrence.context, *occurrence.also)):
            decision = overrides.get(written_name(occurrence.text))
        # A digest comes from a registry: what has one was not built here.
        if decision is None and image.digest is None:
            decision = built.get((image.name, image.by_tag().tag)) or built.get((image.name, None))
    return occurrence._replace(decision=decision)


def written_name(text: str) -> str:
    """Return a reference as it is written, without tag and digest: Kustomize compares names so."""
    name = text.partition("@")[0]
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _overrides_by_path(files: Mapping[str, ScannedFile]) -> dict[str, _Overrides]:
    """Return what kustomizations decide by name, for every file on which they work.

    A name counts if every way from a root to the file passes an entry that gives it a tag or a digest. A root is a
    kustomization that no other names: it is what people build.
    """
    readings = {_normal(path): file.reading for path, file in files.items()}
    if not any(each.by is Decider.KUSTOMIZATION for reading in readings.values() for each in reading.decisions):
        return {}
    steps = {path: steps for path in readings if (steps := _steps(path, readings))}
    named = {file for path, ways in steps.items() for file, _ in ways if file != path}
    overrides: dict[str, _Overrides] = {path: {} for path in steps if path not in named}
    waiting = list(overrides)
    while waiting:
        path = waiting.pop()
        above, joined = overrides[path], dict[int, _Overrides]()
        for file, entries in steps.get(path, ()):
            # Files that stand side by side share one mapping: there may be thousands of both.
            if id(entries) not in joined:
                joined[id(entries)] = _decided_by(entries, above)
            passed = joined[id(entries)]
            known = overrides.get(file)
            if known is None or (known is not passed and not known.keys() <= passed.keys()):
                common = passed if known is None else {name: known[name] for name in known if name in passed}
                overrides[file] = common
                waiting.append(file)
    return overrides


def _decided_by(entries: _Entries, above: _Overrides) -> _Overrides:
    """Return what some entries decide by name, one after the other, and after them what is decided `above`.

    An entry finds images by the names that those before it have given them: what it names anew, later ones do not find
    by the old name (Kustomize's api/filters/imagetag/updater.go).
    """
    decided_later = dict(above)
    for entry in reversed(entries):
        if entry.new_name not in ("", entry.name) and _PATTERN.search(entry.name):
            # It may be the name of any image.
            decided_later.clear()
        later = decided_later.pop(entry.name, None)
        if entry.new_name not in ("", entry.name):
            later = decided_later.get(entry.new_name)
        decision = later or (None if entry.keeps_tag else entry)
        if decision is not None:
            decided_later[entry.name] = decision
    return decided_later


def _steps(path: str, readings: Mapping[str, Reading]) -> list[tuple[str, _Entries]]:
    """Return the files that a kustomization names, each with the entries that work on it from here, in order.

    These are those of the components that it names after the file, and those of the kustomization itself.
    """
    entries = _entries_of(readings[path])
    steps: list[tuple[str, _Entries]] = []
    for link in reversed(readings[path].links):
        found = list(_files_of(path, link, readings)) if link.kind in _OF_KUSTOMIZATIONS else []
        steps += [(file, entries) for file in found]
        components = found if link.kind == "kustomize" else []
        more = [each for component in components for each in _of_component(component, readings)]
        if more:
            entries = [*more, *entries]
    return steps


def _of_component(start: str, readings: Mapping[str, Reading]) -> _Entries:
    """Return the entries that a component, after those that it names, has for what was loaded before it."""
    entries: list[_Entries] = []
    waiting, seen = [start], set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            entries.append(_entries_of(readings[path]))
            components = [link for link in readings[path].links if link.kind == "kustomize"]
            waiting += [file for link in components for file in _files_of(path, link, readings)]
    return [entry for found in reversed(entries) for entry in found]


def _entries_of(reading: Reading) -> _Entries:
    return [each for each in reading.decisions if each.by is Decider.KUSTOMIZATION]


def _files_of(path: str, link: Link, readings: Mapping[str, Reading]) -> Iterator[str]:
    """Yield the files of the run that a link means: itself, or the kustomization of that folder."""
    target = _normal(posixpath.join(posixpath.dirname(path), link.path))
    names = (target, *(posixpath.join(target, name) for name in KUSTOMIZATIONS))
    return (name for name in names if name in readings)


def _normal(path: str) -> str:
    """Return the one spelling of a path: from another folder, `../here/x` is `x`."""
    return os.path.abspath(path).replace("\\", "/")
