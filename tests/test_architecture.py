"""The shape of the house: what may import what, what must not be imported, how long a module may be."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "pinner"
MAX_LINES = 500

# From the bottom up. A module imports from the floors below it and from its own room, never from beside or above.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"model"}),
    frozenset({"demo", "formats", "registry", "rules"}),
    frozenset({"scanning", "updating"}),
    frozenset({"checking", "fixing", "output"}),
    frozenset({"config", "pipeline"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
# The same inside the two large rooms, whose own modules stand above the rooms within.
FLOORS_WITHIN: dict[str, tuple[frozenset[str], ...]] = {
    "formats": (
        frozenset({"variables"}),
        frozenset({"dockerfile", "yaml"}),
        frozenset({"compose"}),
        frozenset({"places"}),
    ),
    "registry": (frozenset({"http"}), frozenset({"auth"})),
}
LEAVES = FLOORS[0]
AT_THE_TOP = {"__init__.py", "__main__.py", "pipeline.py"}

# What would be a second infrastructure beside the standard library's and the dependencies' public interfaces.
FORBIDDEN_MODULES = frozenset(
    "gc h11 marshal mmap pickle".split()
    + [f"ruamel.yaml.{inside}" for inside in ("composer", "parser", "reader", "resolver", "scanner")]
)
FORBIDDEN_NAMES = {"os": ("_exit", "fork", "forkpty", "posix_spawn", "posix_spawnp")}
# Names that have to be explained.
FORBIDDEN_FILES = frozenset(
    "adoption advance asking built door examiner exemptions flight glance judge keyring looks possessive refused ruamel"
    " shortcut tally wire workers".split()
)
# What one module hands to another, and what the modules of a Protocol have in common: every other name is there once.
SAME_MEANING = frozenset(
    "check claims examine explain find_updates main open open_source page pin read render render_list render_resolve"
    " resolve show_config unpin update".split()
)
# Where records of more than two fields are built by keyword: whoever reads the call must not count the fields.
KEYWORD_ROOMS = frozenset(
    "checking cli config demo fixing formats model output pipeline registry rules scanning updating".split()
)
# What takes longer to import than a check takes to run.
SLOW = frozenset(
    "argparse asyncio dataclasses httpx inspect json logging pathlib rich ruamel subprocess tempfile typer".split()
)
MODULES_OF_A_CHECK = """
import sys
from pinner.__main__ import main
sys.argv[1:1] = ["check"]
try:
    main()
finally:
    print(*{name.partition(".")[0] for name in sys.modules})
"""


class Import(NamedTuple):
    module: str
    line: int


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(name: str) -> str:
    return name.partition("/")[0].removesuffix(".py")


def floor_of(room: str, floors: tuple[frozenset[str], ...] = FLOORS) -> int:
    for floor, rooms in enumerate(floors):
        if room in rooms:
            return floor
    raise AssertionError(f"{room} has no place: put it on a floor of FLOORS")


def imports_of(source: bytes) -> Iterator[Import]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (Import(_full_name(module, alias.name), node.lineno) for alias in names)
            case ast.ImportFrom():
                yield Import(".", node.lineno)


def _full_name(module: str, name: str) -> str:
    """`from pinner import pipeline` names the module pinner.pipeline."""
    may_be_package = module in ("pinner", "ruamel.yaml") or module.removeprefix("pinner.") in FLOORS_WITHIN
    return f"{module}.{name}" if may_be_package else module


def wrong_imports(name: str, source: bytes) -> list[str]:
    """What a module imports that it must not: upwards, sideways, relatively, or what is forbidden."""
    return [f"{name}:{line}: {module}" for module, line in imports_of(source) if not _is_allowed(name, module)]


def _is_allowed(name: str, module: str) -> bool:
    if not module.startswith("pinner."):
        return module != "." and not {module, module.rpartition(".")[0], module.partition(".")[0]} & FORBIDDEN_MODULES
    room, other = room_of(name), module.split(".")[1]
    if room != other:
        return floor_of(other) < floor_of(room)
    return room not in FLOORS_WITHIN or _is_allowed_within(name, module, FLOORS_WITHIN[room])


def _is_allowed_within(name: str, module: str, floors: tuple[frozenset[str], ...]) -> bool:
    rooms = frozenset().union(*floors)
    room, other = name.split("/")[1].removesuffix(".py"), module.split(".")[2]
    if other not in rooms or room not in rooms or room == other:
        return True
    return floor_of(other, floors) < floor_of(room, floors)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    assert wrong_imports(name_of(path), path.read_bytes()) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("model/errors.py", "from pinner.formats import FORMATS"),
        ("model/errors.py", "import pinner.rules"),
        ("formats/yaml/document.py", "from pinner.registry.client import Client"),
        ("formats/yaml/document.py", "from pinner.formats.compose.reader import Reader"),
        ("formats/variables/scope.py", "from pinner.formats.yaml import nodes"),
        ("registry/http/dns.py", "from pinner.registry.auth.tokens import Token"),
        ("scanning/scan.py", "from pinner import pipeline"),
        ("scanning/scan.py", "from pinner.updating.ledger import Ledger"),
        ("scanning/scan.py", "def scan():\n    from pinner.config import load"),
        ("scanning/scan.py", "from . import git"),
        ("scanning/scan.py", "import pickle"),
        ("scanning/scan.py", "from multiprocessing import mmap\nimport mmap"),
        ("formats/yaml/document.py", "from ruamel.yaml.scanner import Scanner"),
        ("formats/yaml/document.py", "import ruamel.yaml.resolver"),
        ("formats/yaml/document.py", "from ruamel.yaml import composer"),
        ("registry/http/transport.py", "import h11"),
        ("__main__.py", "import gc"),
    ],
)
def test_a_wrong_import_is_seen(name: str, source: str) -> None:
    assert wrong_imports(name, source.encode())


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("formats/yaml/composer.py", "from ruamel.yaml import YAML, ScalarEvent"),
        ("formats/compose/reader.py", "from pinner.formats.yaml.document import YamlFile"),
        ("registry/auth/tokens.py", "from pinner.registry.http.urls import Origin"),
        ("scanning/scan.py", "from pinner.scanning import git\nfrom pinner.model.source import Source\nimport os"),
        ("__main__.py", "from pinner.cli import app"),
    ],
)
def test_a_right_import_is_let_be(name: str, source: str) -> None:
    assert wrong_imports(name, source.encode()) == []


def circles(sources: dict[str, bytes]) -> list[str]:
    """The modules that lead back to themselves by imports, also by late ones and by those for types alone.

    The face of a room, its `__init__`, does not count: it may offer what its modules build on.
    """
    imports = {name: {each for each in _modules_of(source) if each in sources} for name, source in sources.items()}
    return [name for name in imports if name in _reached(name, imports)]


def _modules_of(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (module, *(f"{module}.{alias.name}" for alias in names))


def _reached(start: str, imports: dict[str, set[str]]) -> set[str]:
    reached, waiting = set[str](), [start]
    while waiting:
        following = imports[waiting.pop()] - reached
        reached |= following
        waiting += following
    return reached


def test_no_modules_form_a_circle() -> None:
    files = (path for path in modules() if path.name != "__init__.py")
    sources = {f"pinner.{name_of(path).removesuffix('.py').replace('/', '.')}": path.read_bytes() for path in files}
    assert circles(sources) == []


@pytest.mark.parametrize(
    "back",
    [
        b"from a.one import name",
        b"from a import one",
        b"if TYPE_CHECKING:\n    import a.one",
        b"def late():\n    from a.one import name",
        b"from a.three import name",
    ],
)
def test_a_circle_is_seen(back: bytes) -> None:
    sources = {"a.one": b"from a.two import x", "a.two": back, "a.three": b"import a.one", "a.four": b"import a.two"}
    assert {"a.one", "a.two"} <= set(circles(sources)) <= {"a.one", "a.two", "a.three"}
    assert circles(sources | {"a.two": b"import os"}) == []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_process_is_forked_or_ended_at_once(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.attr not in FORBIDDEN_NAMES.get(node.value.id, ()), f"{name_of(path)}:{node.lineno}"


def test_the_top_has_few_modules() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} <= AT_THE_TOP


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_name_has_to_be_explained(path: Path) -> None:
    assert path.stem.lstrip("_") not in FORBIDDEN_FILES


@pytest.mark.parametrize("path", [path for path in modules() if room_of(name_of(path)) in LEAVES], ids=name_of)
def test_leaves_need_the_standard_library_alone(path: Path) -> None:
    for module, line in imports_of(path.read_bytes()):
        top = module.split(".")[0]
        assert top == "pinner" or top in sys.stdlib_module_names, f"{name_of(path)}:{line}: {module}"


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("Dockerfile", "FROM scratch\nCOPY --from=node:20 / /\n", set()),
        ("compose.yaml", "services:\n  web:\n    image: node:20\n", {"ruamel"}),
    ],
)
def test_a_hook_imports_nothing_slow(name: str, text: str, allowed: set[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", MODULES_OF_A_CHECK, name], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert "error[unpinned]" in done.stdout
    assert SLOW & set(done.stdout.split()) == allowed


def repeated_names(sources: Iterable[bytes]) -> list[str]:
    """The public names that more than one type or function has."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    names = Counter(node.name for each in sources for node in ast.parse(each).body if isinstance(node, kinds))
    return [name for name, count in names.items() if count > 1 and not name.startswith("_")]


def test_a_name_has_one_meaning() -> None:
    assert set(repeated_names(path.read_bytes() for path in modules())) == SAME_MEANING


def test_a_name_of_two_meanings_is_seen() -> None:
    assert repeated_names([b"class Text: ...", b"class Span: ...", b"class Text: ..."]) == ["Text"]
    assert repeated_names([b"def parse(): ...", b"def _read(): ...", b"async def parse(): ...\ndef _read(): ..."]) == [
        "parse"
    ]


def _records() -> dict[str, int]:
    """The named tuples of the package by name, and how many fields they have."""
    classes = (node for path in modules() for node in ast.walk(ast.parse(path.read_bytes())))
    return {
        node.name: sum(isinstance(each, ast.AnnAssign) for each in node.body)
        for node in classes
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "NamedTuple" for base in node.bases)
    }


RECORDS = _records()


def positional_records(source: bytes) -> list[str]:
    """The calls that build a record of more than two fields by the order of these."""
    return [
        f"{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and RECORDS.get(node.func.id, 0) > 2
        if len(node.args) > 2 or any(isinstance(each, ast.Starred) for each in node.args)
    ]


@pytest.mark.parametrize("path", [each for each in modules() if room_of(name_of(each)) in KEYWORD_ROOMS], ids=name_of)
def test_records_are_built_by_keyword(path: Path) -> None:
    assert positional_records(path.read_bytes()) == []


@pytest.mark.parametrize("source", [b"Location(1, 2, 1, 3)", b"Unchecked(*place, reason, detail)"])
def test_a_record_built_by_order_is_seen(source: bytes) -> None:
    assert positional_records(source)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_module_is_too_long(path: Path) -> None:
    lines = path.read_bytes().count(b"\n")
    assert lines <= MAX_LINES, (
        f"{name_of(path)} has {lines} lines: is there a room inside that wants a door of its own?"
    )
