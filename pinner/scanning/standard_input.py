"""One file alone, which came through standard input: how it reads, and the files that it names and nobody can read."""

import os
from collections.abc import Collection, Mapping, Sequence

from pinner.formats import COMPOSE, DOCKERFILE, Places, is_claimed_by_name
from pinner.scanning.build_args import ConfiguredBuilds
from pinner.scanning.followed import Finder, follow_links
from pinner.scanning.project import Project
from pinner.scanning.readings import ProjectReading, ScannedFile


def read_alone(path: str, builds: Sequence[ConfiguredBuilds], contents: Mapping[str, bytes]) -> ProjectReading:
    """Return how a Dockerfile of some configured builds reads by itself, wherever its content comes from."""
    project = Project(Finder(), COMPOSE, {path}.__contains__, contents, builds)
    project.add_dockerfiles([path])
    return project.read()


def with_unread(file: ScannedFile, off: Collection[str]) -> ScannedFile:
    """Return a file with the files that it names and that cannot be read, unless their kinds are `off`.

    Those that can be read are files of their own: nothing of them is reported on here.
    """
    path, folder = file.source.path, os.path.dirname(file.source.path)
    if _is_compose(file):
        project = Project(Finder(), COMPOSE, {path}.__contains__, {path: file.source.data})
        project.add_folder(folder)
        project.add_files(folder, [path])
        unread = project.read().files[path].reading.unread
    else:
        links = [each for each in file.reading.links if each.kind in {DOCKERFILE.NAME, COMPOSE.NAME}.difference(off)]
        unread = tuple(follow_links(links, folder, Finder())[1])
    return file._replace(reading=file.reading._replace(unread=unread))


def _is_compose(file: ScannedFile) -> bool:
    """Return whether a file is a Compose file, by its format or, where its name says nothing, by its content."""
    if not isinstance(file.format, Places) or file.format.kind or is_claimed_by_name(file.source.path):
        return file.format is COMPOSE
    return file.reading.passed_over is None and COMPOSE.claims(file.source)
