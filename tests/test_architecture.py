"""The shape of the house: what may import what, what must not be imported at start-up, how long a module may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "pinner"
MAX_LINES = 500

# From the bottom up. A module imports from the floors below it and from its own unit, never from beside or above.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "edits",
            "errors",
            "files",
            "finding",
            "platforms",
            "reference",
            "report",
            "resolution",
            "source",
            "state",
        }
    ),
    frozenset({"formats", "git", "image_globs", "ledger", "patterns", "registry"}),
    frozenset({"discovery", "exemptions", "resolver", "revision", "rules", "updates"}),
    frozenset({"examiner", "policy", "scan"}),
    frozenset({"output", "tally"}),
    frozenset({"baseline", "changed_lines", "diff", "fixer", "judge", "terminal", "updater"}),
    frozenset({"config", "demo", "pipeline"}),
    frozenset({"adoption", "asking", "reporting"}),
    frozenset({"commands"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
LEAVES = FLOORS[0]
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
    return str(path.relative_to(PACKAGE))


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(unit: str) -> int:
    for floor, units in enumerate(FLOORS):
        if unit in units:
            return floor
    raise AssertionError(f"pinner.{unit} has no place: put it on a floor of FLOORS")


def imports_of(path: Path) -> Iterator[Import]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (Import(_full_name(module, alias.name), node.lineno) for alias in names)
            case ast.ImportFrom():
                raise AssertionError(f"{name_of(path)}:{node.lineno}: imports are absolute here")


def _full_name(module: str, name: str) -> str:
    """`from pinner import reference` names the module pinner.reference."""
    return f"pinner.{name}" if module == "pinner" else module


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    unit = unit_of(path)
    if unit == "__init__":
        assert list(imports_of(path)) == []
        return
    for module, line in imports_of(path):
        if not module.startswith("pinner."):
            continue
        other = module.split(".")[1]
        allowed = other == unit or (unit in LEAVES and other in LEAVES) or floor_of(other) < floor_of(unit)
        assert allowed, f"{name_of(path)}:{line}: pinner.{unit} must not import pinner.{other}"


@pytest.mark.parametrize("path", [path for path in modules() if unit_of(path) in LEAVES], ids=name_of)
def test_leaves_need_the_standard_library_alone(path: Path) -> None:
    for module, line in imports_of(path):
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


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_module_is_too_long(path: Path) -> None:
    lines = path.read_bytes().count(b"\n")
    assert lines <= MAX_LINES, (
        f"{name_of(path)} has {lines} lines: is there a room inside that wants a door of its own?"
    )
