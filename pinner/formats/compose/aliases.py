"""Values of Compose files that aliases repeat where no image is pulled: a container would see a digest in them."""

from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import Node

_ANY = "*"
_MERGE = "<<"
_TOP = frozenset("configs include models name networks secrets services volumes".split())
_Paths = frozenset[tuple[str, ...]]
# Where a digest may stand: at images, and in what builds get, of which is known who reads it.
_DIGESTS = frozenset(
    ("services", _ANY, *path.split())
    for path in (
        "image",
        "pre_start * image",
        "volumes * source",
        "build args *",
        "build additional_contexts *",
        "build dockerfile_inline",
        "build sbom",
    )
)


def repeated_values(file: YamlFile) -> dict[int, str]:
    """Return why scalars of a file, by their identity, take no digest: each stands where none may stand as well.

    Only aliases make that so, and what they lead to. An extension (`x-…`) is a place to keep things that nobody reads.
    """
    repeated: dict[int, str] = {}
    if not any(node.anchor for node in file.nodes):
        return repeated
    seen: set[tuple[int, _Paths]] = set()
    waiting = [(document, "", _DIGESTS) for document in file.documents]
    while waiting:
        node, where, paths = waiting.pop()
        # Aliases may lead to a node by ever so many ways, and back to one in which they stand.
        if (id(node), paths) in seen:
            continue
        seen.add((id(node), paths))
        if node.id == "scalar" and () not in paths:
            repeated[id(node)] = f"by an alias it stands at {where} as well: write it out there and run pinner again"
        waiting += _below(node, where, paths)
    return repeated


def _below(node: Node, where: str, paths: _Paths) -> list[tuple[Node, str, _Paths]]:
    """Return what stands in a node, with its place and what is left of the paths to digests there."""
    if node.id == "sequence":
        return [(each, f"{where}[{at}]", _after(_ANY, paths)) for at, each in enumerate(node.value)]
    found = []
    for key, value in node.value if node.id == "mapping" else ():
        name = str(key.value) if key.id == "scalar" else "?"
        if name == _MERGE:
            merged = value.value if value.id == "sequence" else [value]
            found += [(each, where, paths) for each in merged]
        elif name in _TOP if not where else not _is_extension(name, paths):
            found.append((value, f"{where}.{name}" if where else name, _after(name, paths)))
    return found


def _is_extension(name: str, paths: _Paths) -> bool:
    """Return whether a key is one that Compose passes over: among names of any kind it is one of these."""
    return name.startswith("x-") and bool(paths) and all(path and path[0] != _ANY for path in paths)


def _after(name: str, paths: _Paths) -> _Paths:
    return frozenset(path[1:] for path in paths if path and path[0] in (name, _ANY))
