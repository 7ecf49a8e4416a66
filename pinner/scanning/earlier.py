"""How the files of a scan would read with other content, such as that of a revision."""

from collections.abc import Iterable, Mapping

from pinner.formats import build_arguments
from pinner.model.occurrence import Reading
from pinner.model.source import Source
from pinner.scanning.readings import ScannedFile
from pinner.scanning.revision import Revision
from pinner.scanning.scan import Scan, prepared, scan_source


def readings_in(revision: Revision, scan: Scan, paths: Iterable[str]) -> dict[str, Reading]:
    """Return how files of a scan read in a revision that has them, with the projects that they belong to there."""
    paths = set(paths)
    together = () if scan.groups.keys().isdisjoint(paths) else scan.groups
    contents = revision.read_checked({*paths, *together})
    # What the revision does not have gives no values there.
    earlier = readings_of(scan, dict.fromkeys(together, b"") | contents)
    return {path: earlier[path] for path in paths & contents.keys()}


def readings_of(scan: Scan, contents: Mapping[str, bytes]) -> dict[str, Reading]:
    """Return how files of a scan, by their paths, would read with other content, with the suppressions applied.

    What a file of a project means may depend on a value in another one: all files of such projects are among them.
    """
    files = {**scan.builders, **scan.files}
    settings = scan.suppression_settings, scan.kind_settings
    projects = _projects(scan, contents)
    together = {path: prepared(file.reading, file.format, *settings) for path, file in projects.items()}
    alone = {
        path: scan_source(Source(path, data), files[path].format, *settings).reading
        for path, data in contents.items()
        if path in files and path not in together
    }
    return alone | together


def _projects(scan: Scan, contents: Mapping[str, bytes]) -> dict[str, ScannedFile]:
    """Return the files of projects as they read with other content, but for those that are to be read alone."""
    project = None if scan.groups.keys().isdisjoint(contents) else scan.read_again(contents)
    if project is None:
        return {}
    # `[[build-args]]` are always those of this run. Where that file was another one, what its entries say of a project
    # does not count: the files of the project are read alone.
    other = {scan.groups[path] for path, data in contents.items() if _is_other_configuration(scan, path, data)}
    read = {**project.beside, **project.files}
    return {path: file for path, file in read.items() if scan.groups.get(path) not in other}


def _is_other_configuration(scan: Scan, path: str, data: bytes) -> bool:
    file = scan.files.get(path)
    return file is not None and file.format is build_arguments and file.source.data != data
