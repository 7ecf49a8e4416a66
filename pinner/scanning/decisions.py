"""What files decide on images that other files name: builders of the repository, and kustomizations."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from pinner.formats._builders import builder_decisions
from pinner.formats.places import DEPLOYED, PATCH
from pinner.model.occurrence import Decider, Decision, Link, Occurrence, Reading
from pinner.model.reference import Reference
from pinner.scanning.readings import ScannedFile

# As Kustomize's api/konfig/general.go lists them.
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names that Kustomize looks for in a folder."""
_BY_FILES = (Decider.BUILDER, Decider.KUSTOMIZATION)
_LOADED = ("kubernetes", "kustomize")
"""What a kustomization takes files for on which it works, the last of which are components."""
OF_KUSTOMIZATIONS = (*_LOADED, PATCH)
"""What a kustomization takes the files for that it names."""
_CONTAINER = r"(^|\.)(containers|initContainers)\[\d+\]\.image$"
_Image = tuple[str, str | None]
_Built = dict[_Image, Decision]
"""What builders make, by name and tag, which some leave open."""
_Overrides = Mapping[str, Decision]
"""What kustomizations decide, by the name as they write it."""
_Entries = Sequence[Decision]
"""The entries of kustomizations, in the order in which they work."""
# The name of an entry is a pattern to Kustomize, which a tag may match as well. A host has dots that mean nothing else.
_PATTERN = re.compile(r"[^\w.:/-]|[:@][^/]*$|^[^/]*\.[^/]*$|/.*\.")


def decided(files: Mapping[str, ScannedFile], builders: Mapping[str, ScannedFile]) -> dict[str, ScannedFile]:
    """Return the files with what all of them, and the `builders` beside them, decide at each occurrence."""
    built: _Built = {}
    # A file may be both: one that is not checked, but holds values of some that are.
    for each in (decision for file in (*builders.values(), *files.values()) for decision in file.reading.decisions):
        if each.by is Decider.BUILDER:
            built.setdefault((each.name, each.tag), each)
    overrides = _overrides_by_path({**builders, **files})
    earlier = any(each.decision for file in files.values() for each in file.reading.occurrences)
    if not (built or overrides or earlier):
        return dict(files)
    made = {path: set(_made_by(file)) for path, file in files.items() if file.makes}
    found: dict[str, ScannedFile] = {}
    for path, file in files.items():
        of_file = overrides.get(_normal(path), {}) if overrides else {}
        occurrences = tuple(_with_decision(each, built, of_file, made) for each in file.reading.occurrences)
        found[path] = file._replace(reading=file.reading._replace(occurrences=occurrences))
    return found


def _made_by(file: ScannedFile) -> Iterator[_Image]:
    """Yield the images that builds of a Dockerfile make, as builders name them."""
    for each in builder_decisions(file.makes, file.source.path, line=1):
        yield each.name, each.tag


def _with_decision(
    occurrence: Occurrence, built: _Built, overrides: _Overrides, made: Mapping[str, set[_Image]]
) -> Occurrence:
    """Return an occurrence with what builders and kustomizations decide on it.

    `made` are the images that builds of Dockerfiles make, by the paths of these.
    """
    if occurrence.decision is not None and occurrence.decision.by not in _BY_FILES:
        return occurrence
    decision, image = None, occurrence.target
    if occurrence.built is None and isinstance(image, Reference):
        # Kustomize looks for images in containers, and nowhere else (its api/filters/imagetag/legacy.go).
        if overrides and all(re.search(_CONTAINER, each) for each in (occurrence.context, *occurrence.also)):
            decision = overrides.get(written_name(occurrence.text))
        # A digest comes from a registry: what has one was not built here.
        if decision is None and image.digest is None:
            # A build pulls its bases before it makes anything: what it makes itself is none of them.
            paths = (occurrence.path, *(use.path for use in occurrence.used_at))
            own = set[_Image]().union(*(made.get(path, ()) for path in paths))
            names = ((image.name, image.by_tag().tag), (image.name, None))
            decision = next((built[name] for name in names if name in built and name not in own), None)
    return occurrence._replace(decision=decision)


def written_name(text: str) -> str:
    """Return a reference as it is written, without tag and digest: Kustomize compares names so."""
    name = text.partition("@")[0]
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _overrides_by_path(files: Mapping[str, ScannedFile]) -> dict[str, _Overrides]:
    """Return what kustomizations decide by name, for every file on which they work.

    A name counts if every way from a root to the file passes an entry that gives it a tag or a digest. A root is a
    kustomization that no other names, which is what people build, or what a controller deploys.
    """
    readings = {_normal(path): file.reading for path, file in files.items()}
    if not any(each.by is Decider.KUSTOMIZATION for reading in readings.values() for each in reading.decisions):
        return {}
    steps = {path: steps for path in readings if (steps := _steps(path, readings))}
    named = {file for path, ways in steps.items() for file, _ in ways if file != path}
    overrides: dict[str, _Overrides] = {path: {} for path in steps if path not in named}
    overrides |= {path: {} for path in _deployed(readings)}
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


def _deployed(readings: Mapping[str, Reading]) -> set[str]:
    """Return the kustomizations that controllers build, and the files of folders of which they make one.

    The path begins at the root of a repository, perhaps of another one: any folder above may be that.
    """
    folders = {
        _normal(posixpath.join(above, link.path.lstrip("/")))
        for path, reading in readings.items()
        for link in reading.links
        if link.kind == DEPLOYED
        for above in _folders_above(path)
    }
    kustomizations = {posixpath.join(folder, name) for folder in folders for name in KUSTOMIZATIONS}
    found = {_normal(each) for each in kustomizations} & readings.keys()
    bare = folders - {posixpath.dirname(each) or os.curdir for each in found}
    return found | {path for path in readings if bare and not bare.isdisjoint(_folders_above(path))}


def _folders_above(path: str) -> Iterator[str]:
    """Yield the folder of a path and those above it, to the working directory or the root."""
    while path not in (posixpath.dirname(path), os.curdir):
        path = posixpath.dirname(path) or os.curdir
        yield path


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
        found = list(_files_of(path, link, readings)) if link.kind in _LOADED else []
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
