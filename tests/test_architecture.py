"""The shape of the house: what may import what, what must not be imported at start-up, how long a module may be."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "pinner"
MAX_LINES = 320

# From the bottom up. A module imports from the floors below it and from its own unit, never from beside or above.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "source", "reference", "finding", "report"}),
    frozenset({"formats", "registry"}),
    frozenset({"discovery", "rules", "resolver"}),
    frozenset({"scan"}),
    frozenset({"config", "fixer", "output"}),
    frozenset({"pipeline"}),
    frozenset({"demo"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
LEAVES = FLOORS[0]
# What a hook that finds nothing runs. The slow modules are imported in the functions that need them.
HOT = LEAVES | {"discovery", "fixer", "formats", "pipeline", "rules", "scan"}
SLOW = frozenset(
    "asyncio dataclasses dockerfile_parse httpx json logging pathlib rich ruamel subprocess tempfile typer".split()
)


class Import(NamedTuple):
    module: str
    line: int
    at_start: bool


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
    tree = ast.parse(path.read_bytes())
    later = {child for node in ast.walk(tree) if _runs_later(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, node.lineno, node not in later) for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (Import(_full_name(module, alias.name), node.lineno, node not in later) for alias in names)
            case ast.ImportFrom():
                raise AssertionError(f"{name_of(path)}:{node.lineno}: imports are absolute here")


def _runs_later(node: ast.AST) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


def _full_name(module: str, name: str) -> str:
    """`from pinner import reference` names the module pinner.reference."""
    return f"pinner.{name}" if module == "pinner" else module


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    unit = unit_of(path)
    if unit == "__init__":
        assert list(imports_of(path)) == []
        return
    for module, line, _ in imports_of(path):
        if not module.startswith("pinner."):
            continue
        other = module.split(".")[1]
        allowed = other == unit or (unit in LEAVES and other in LEAVES) or floor_of(other) < floor_of(unit)
        assert allowed, f"{name_of(path)}:{line}: pinner.{unit} must not import pinner.{other}"


@pytest.mark.parametrize("path", [path for path in modules() if unit_of(path) in LEAVES], ids=name_of)
def test_leaves_need_the_standard_library_alone(path: Path) -> None:
    for module, line, _ in imports_of(path):
        top = module.split(".")[0]
        assert top == "pinner" or top in sys.stdlib_module_names, f"{name_of(path)}:{line}: {module}"


@pytest.mark.parametrize("path", [path for path in modules() if unit_of(path) in HOT], ids=name_of)
def test_start_up_imports_nothing_slow(path: Path) -> None:
    for module, line, at_start in imports_of(path):
        assert not (at_start and module.split(".")[0] in SLOW), (
            f"{name_of(path)}:{line}: import {module} where it is used"
        )


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_module_is_too_long(path: Path) -> None:
    lines = path.read_bytes().count(b"\n")
    assert lines <= MAX_LINES, (
        f"{name_of(path)} has {lines} lines: is there a room inside that wants a door of its own?"
    )
