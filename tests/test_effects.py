"""Every place of the package that may write a file or start a process is known, with its reason.

The places are found in the syntax tree: by the full name of what is used, whether it is called or passed on, and by
the names of methods that write whatever object they belong to.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "pinner"

_HELPERS = "registry/auth/credential_helpers.py"

REASONS = {
    ("model/files.py", "read_file", "os.open"): "opens for reading, and regular files alone",
    ("model/files.py", "replace_file", "os.open"): "makes the temporary file, under a name that was free",
    ("model/files.py", "replace_file", "os.replace"): "puts the temporary file into its place",
    ("model/files.py", "replace_file", "os.unlink"): "removes the temporary file where that failed",
    ("model/files.py", "_write_in_place", "os.open"): "opens a device, a pipe or a mounted file that a flag names",
    ("model/files.py", "_write_all", "os.fdopen"): "writes into what the functions above opened",
    ("model/files.py", "_take_after", "os.chown"): "gives the temporary file the owner of the old file",
    ("model/files.py", "_take_after", "os.chmod"): "gives the temporary file the mode of the old file",
    ("model/files.py", "_sweep", "os.unlink"): "removes temporary files of runs that were killed",
    ("scanning/git.py", "", "subprocess.Popen"): "the type of Git's process",
    ("scanning/git.py", "start_git", "subprocess.Popen"): "starts Git",
    ("scanning/git.py", "output", "subprocess.TimeoutExpired"): "tells that Git gave no answer",
    (_HELPERS, "", "asyncio.subprocess.Process"): "the type of a credential helper's process",
    (_HELPERS, "ask_helper", "asyncio.create_subprocess_exec"): "starts the user's credential helper",
    (_HELPERS, "_program", "shutil.which"): "looks the credential helper up",
    ("cli/terminal.py", "write_bytes", "write_bytes"): "prints a diff, or the new content of what came in",
    (
        "cli/registry_calls.py",
        "find_updates",
        "os.unlink",
    ): "removes the ledger of the older format that was taken over",
    ("cli/demo.py", "show", "tempfile.TemporaryDirectory"): "holds the demo's sample project",
    ("cli/demo.py", "show", "shutil.copytree"): "makes the demo's sample project",
    ("cli/demo.py", "_take", "subprocess.run"): "shows pinner at work on the demo's sample project",
}
"""Module, function and what it uses; why that is safe. Take away what is gone."""

# Whole modules whose use is worth a reason.
MODULES = frozenset(
    "asyncio.subprocess concurrent.futures ctypes fileinput logging.handlers mmap multiprocessing pty runpy shelve"
    " shutil sqlite3 subprocess tarfile tempfile zipfile".split()
)
# Of modules that do other things as well.
NAMES = frozenset(
    "os.open os.fdopen os.mkdir os.makedirs os.remove os.removedirs os.rename os.renames os.replace os.rmdir os.unlink"
    " os.chmod os.chown os.fchmod os.fchown os.lchmod os.lchown os.chflags os.link os.symlink os.truncate os.ftruncate"
    " os.mkfifo os.mknod os.utime os.setxattr os.removexattr os.copy_file_range os.sendfile os.system os.popen"
    " os.startfile os.fork os.forkpty os.posix_spawn os.posix_spawnp os.putenv"
    " asyncio.create_subprocess_exec asyncio.create_subprocess_shell logging.FileHandler logging.basicConfig"
    " io.FileIO io.open codecs.open gzip.open bz2.open lzma.open".split()
)
FAMILIES = ("os.exec", "os.spawn")
# Of objects whose type the tree does not tell: paths above all.
METHODS = frozenset(
    "write_text write_bytes touch mkdir unlink rmdir rename chmod lchmod symlink_to hardlink_to link_to"
    " subprocess_exec subprocess_shell".split()
)
BUILTINS = frozenset({"exec", "eval", "__import__"})


class Place(NamedTuple):
    """Where something is used: a module, the function around it (empty at the top), its full name."""

    module: str
    function: str
    name: str


class _Places(ast.NodeVisitor):
    """Collects the places of one module."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.found: list[Place] = []
        self._functions: list[str] = []
        self._imported = dict(_imports(tree))
        self._own = {each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that ast asks for

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._note(f"{node.module}.{alias.name}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._full_name(node)
        if name is not None:
            self._note(name)
        elif node.attr in METHODS:
            self._note(node.attr)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in BUILTINS and node.id not in self._own:
            self._note(node.id)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name("open") if "open" not in self._own and "open" not in self._imported:
                if _may_write(node.args[1:2], node.keywords):
                    self._add("open")
            # A path's `open` takes the mode first; `open(source)` of a format has none.
            case ast.Attribute(attr="open") if self._full_name(node.func) is None and _names_a_mode(node):
                self._add("open")
            case ast.Name("getattr"):
                match node.args:
                    case [module, ast.Constant(str(attribute)), *_]:
                        name = self._full_name(module)
                        self._note(f"{name}.{attribute}" if name else attribute)
        self.generic_visit(node)

    def _full_name(self, node: ast.expr) -> str | None:
        match node:
            case ast.Name(name):
                return self._imported.get(name)
            case ast.Attribute(value, attribute):
                above = self._full_name(value)
                return None if above is None else f"{above}.{attribute}"
        return None

    def _note(self, name: str) -> None:
        # Constants such as PIPE start nothing.
        is_of_module = not name.rpartition(".")[2].isupper() and any(name.startswith(f"{each}.") for each in MODULES)
        if is_of_module or name in NAMES | BUILTINS | METHODS or name.startswith(FAMILIES):
            self._add(name)

    def _add(self, name: str) -> None:
        place = Place(self.module, self._functions[-1] if self._functions else "", name)
        if place not in self.found:
            self.found.append(place)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that imports bind anywhere in a module, and what they stand for."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                for alias in names:
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
            case ast.ImportFrom(module=str(module), names=names):
                for alias in names:
                    yield alias.asname or alias.name, f"{module}.{alias.name}"


def _may_write(modes: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    modes = modes + [each.value for each in keywords if each.arg in ("mode", None)]
    return any(not (isinstance(each, ast.Constant) and each.value in ("r", "rb", "rt")) for each in modes)


def _names_a_mode(node: ast.Call) -> bool:
    given = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "mode")]
    return any(isinstance(each, ast.Constant) and set("wax+") & set(str(each.value)) for each in given)


def places(module: str, text: str | bytes) -> list[Place]:
    """What one module uses that may write a file or start a process."""
    tree = ast.parse(text)
    visitor = _Places(module, tree)
    visitor.visit(tree)
    return visitor.found


def places_of_package() -> list[Place]:
    """The same for the whole package."""
    modules = sorted(PACKAGE.rglob("*.py"))
    return [place for path in modules for place in places(path.relative_to(PACKAGE).as_posix(), path.read_bytes())]


def test_every_place_has_a_reason() -> None:
    unknown = [place for place in places_of_package() if place not in REASONS]
    assert not unknown, "write files through pinner.model.files, or say in REASONS why this is safe"


def test_every_reason_has_a_place() -> None:
    found = {tuple(place) for place in places_of_package()}
    assert set(REASONS) - found == set()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("open('x', 'w')", "open"),
        ("open('x', 'ab')", "open"),
        ("open('x', 'xb').close()", "open"),
        ("open('x', 'r+')", "open"),
        ("open('x', mode='w')", "open"),
        ("open('x', mode)", "open"),
        ("open('x', **options)", "open"),
        ("path.open('w')", "open"),
        ("path.open(mode='a')", "open"),
        ("import io; io.open('x', 'w')", "io.open"),
        ("import os; os.open('x', 1)", "os.open"),
        ("import os; os.replace('x', 'y')", "os.replace"),
        ("import os; move = os.rename", "os.rename"),
        ("import os as system; system.unlink('x')", "os.unlink"),
        ("from os import remove", "os.remove"),
        ("from os import chmod as change", "os.chmod"),
        ("import os; getattr(os, 'mkdir')('x')", "os.mkdir"),
        ("import os; os.execvp('x', [])", "os.execvp"),
        ("import os; os.spawnl(0, 'x')", "os.spawnl"),
        ("import os; os.posix_spawn('x', [], {})", "os.posix_spawn"),
        ("import os; os.system('x')", "os.system"),
        ("from os import popen", "os.popen"),
        ("import subprocess; subprocess.Popen(['x'])", "subprocess.Popen"),
        ("def f():\n    from subprocess import check_output", "subprocess.check_output"),
        ("import asyncio; asyncio.create_subprocess_shell('x')", "asyncio.create_subprocess_shell"),
        ("loop.subprocess_exec(p, 'x')", "subprocess_exec"),
        ("import shutil; shutil.move('x', 'y')", "shutil.move"),
        ("from tempfile import mkstemp", "tempfile.mkstemp"),
        ("from pathlib import Path; Path('x').write_text('')", "write_text"),
        ("path.write_bytes(b'')", "write_bytes"),
        ("path.unlink()", "unlink"),
        ("path.symlink_to('x')", "symlink_to"),
        ("(folder / 'x').mkdir()", "mkdir"),
        ("import multiprocessing; multiprocessing.Process()", "multiprocessing.Process"),
        ("from concurrent.futures import ProcessPoolExecutor", "concurrent.futures.ProcessPoolExecutor"),
        ("import logging; logging.FileHandler('x')", "logging.FileHandler"),
        ("exec('x')", "exec"),
        ("__import__('os').unlink('x')", "__import__"),
    ],
)
def test_what_is_found(code: str, name: str) -> None:
    assert name in [place.name for place in places("new.py", code)]
    assert not any(place in REASONS for place in places("new.py", code))


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "open('x', 'rb')",
        "open('x', encoding='utf-8')",
        "path.open()",
        "path.open('rb')",
        "format.open(source)",
        "def open(source, mode): ...\nopen(source, 'w')",
        "'a'.replace('b', 'c')",
        "import os; os.path.join('x'); os.stat('x'); os.scandir('x')",
        "import sys; sys.stdout.write('x')",
        "from subprocess import DEVNULL",
        "from pinner.cli.terminal import write_text; write_text('x')",
    ],
)
def test_what_is_none(code: str) -> None:
    assert places("new.py", code) == []


def test_the_function_around_a_place_is_told() -> None:
    code = "import os\nclass A:\n    async def f(self):\n        os.unlink('x')\nos.unlink('y')"
    assert places("a.py", code) == [("a.py", "f", "os.unlink"), ("a.py", "", "os.unlink")]
