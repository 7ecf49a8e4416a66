"""What is measured. Each function here is one row, or a few, of the table."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench import corpus, latency
from bench.measure import Command, Failed, Timing, alternate, run_once

FINDINGS = frozenset({0, 1})
UNCHECKED = frozenset({3})
ROUND_TRIP = 0.05
MOST_AT_ONCE = 20
MEBIBYTE = 1 << 20


class Sizes(NamedTuple):
    """How much of everything. A short command is repeated `short_rounds` times, any other `rounds` times."""

    dockerfiles: int = 3000
    compose_files: int = 1000
    yaml_files: int = 5000
    tagged_files: int = 250
    tags: int = 200
    smallest_tree: int = 200
    run_lines: int = 20_000
    dockerfile_bytes: int = 10_000_000
    stages: int = 5000
    compose_bytes: int = 5_000_000
    rounds: int = 7
    short_rounds: int = 31


SMOKE = Sizes(
    dockerfiles=20,
    compose_files=10,
    yaml_files=30,
    tagged_files=12,
    tags=10,
    smallest_tree=10,
    run_lines=200,
    dockerfile_bytes=20_000,
    stages=40,
    compose_bytes=10_000,
    rounds=1,
    short_rounds=1,
)


class Workshop(NamedTuple):
    """Where the programs are, and a folder for the corpora."""

    programs: Path
    folder: Path
    sizes: Sizes

    def command(self, name: str, *arguments: str, folder: Path, expected: frozenset[int] = frozenset({0})) -> Command:
        """A program of the environment with its arguments; its name in the table is how it is called."""
        shown = " ".join([name, *arguments[:2]]) if len(arguments) > 4 else " ".join([name, *arguments])
        return Command(shown, [str(self.programs / name), *arguments], folder, expected)

    def has(self, name: str) -> bool:
        """Whether the program is installed: the smoke test does without the peers."""
        return (self.programs / name).exists()


class Row(NamedTuple):
    """A line of the table: what pinner took, what the other side took, and the figure that has a bound."""

    work: str
    pinner: Timing
    other: Timing | None
    figure: float
    bound: float | None
    unit: str = "x"


Case = Callable[[Workshop], Iterator[Row]]


def hook(shop: Workshop) -> Iterator[Row]:
    """`pinner check` of one pinned Dockerfile, as a hook runs it."""
    folder = _new(shop, "hook")
    (folder / "Dockerfile").write_text(corpus.dockerfile(Random(3), True))
    sides = [shop.command("pinner", "check", "--", "Dockerfile", folder=folder)]
    sides.append(shop.command("python", "-c", "pass", folder=folder))
    bounds: list[float | None] = [None]
    if shop.has("pindock"):
        sides += [shop.command("pindock", "check", "Dockerfile", folder=folder), _bare_pindock(shop, folder)]
        bounds += [1.5, None]
    if shop.has("hadolint"):
        sides.append(shop.command("hadolint", "Dockerfile", folder=folder, expected=FINDINGS))
        bounds.append(None)
    yield from _compared("hook on one pinned Dockerfile", alternate(sides, shop.sizes.short_rounds), bounds)


def start(shop: Workshop) -> Iterator[Row]:
    """Commands that are parsed by typer, against the smallest program made with it."""
    folder = _new(shop, "start")
    (folder / "Dockerfile").write_text(corpus.dockerfile(Random(3), True))
    program = str(Path(__file__).with_name("hello.py"))
    hello = shop.command("python", program, folder=folder)._replace(name="typer hello")
    calls = (["--version"], ["explain", "unpinned"], ["list", "Dockerfile"], ["check", "--quiet", "Dockerfile"])
    commands = [shop.command("pinner", *call, folder=folder) for call in calls]
    *timings, other = alternate([*commands, hello], shop.sizes.short_rounds)
    for timing in timings:
        yield _row(f"start: {timing.name}", timing, other, 1.3)
    helps = [shop.command("pinner", "check", "--help", folder=folder)]
    helps.append(hello._replace(arguments=[*hello.arguments, "--help"], name="typer hello --help"))
    yield from _compared("start: help", alternate(helps, shop.sizes.short_rounds), [None])


def dockerfile_tree(shop: Workshop) -> Iterator[Row]:
    """A tree of pinned Dockerfiles, in a Git repository and outside of one."""
    folder = _new(shop, "dockerfiles")
    corpus.write_tree(folder, shop.sizes.dockerfiles, corpus.dockerfile, "Dockerfile")
    work = f"check {shop.sizes.dockerfiles} pinned Dockerfiles"
    yield from _against_pindock(shop, f"{work}, no Git", folder, 3.0)
    _make_repository(folder)
    yield from _against_pindock(shop, f"{work}, Git repository", folder, 3.0)


def compose_tree(shop: Workshop) -> Iterator[Row]:
    """A tree of pinned Compose files in a Git repository."""
    folder = _new(shop, "compose")
    corpus.write_tree(folder, shop.sizes.compose_files, corpus.compose_file, "compose.yaml")
    _make_repository(folder)
    work = f"check {shop.sizes.compose_files} pinned Compose files"
    if shop.has("compose-lint"):
        paths = sorted(str(path.relative_to(folder)) for path in folder.rglob("compose.yaml"))
        lint = shop.command("compose-lint", "check", "--quiet", *paths, folder=folder, expected=FINDINGS)
        sides = [shop.command("pinner", "check", folder=folder), lint]
        yield from _compared(work, alternate(sides, shop.sizes.rounds), [1.0])
    yield from _against_pindock(shop, work, folder, None)


def yaml_tree(shop: Workshop) -> Iterator[Row]:
    """A tree of YAML files, one in ten of which names images, in a Git repository."""
    folder = _new(shop, "yaml")
    corpus.write_tree(folder, shop.sizes.yaml_files, corpus.yaml_file, "file.yaml")
    _make_repository(folder)
    sides = [shop.command("pinner", "check", folder=folder)]
    if shop.has("yamllint"):
        sides.append(shop.command("yamllint", "-d", "{rules: {}}", ".", folder=folder))
    yield from _compared(f"check {shop.sizes.yaml_files} YAML files", alternate(sides, shop.sizes.rounds), [0.3])


def unpinned_tree(shop: Workshop) -> Iterator[Row]:
    """A tree in which every Dockerfile has findings; pindock, which would ask registries about them, gets it pinned."""
    folder, pinned = _new(shop, "unpinned"), _new(shop, "pinned")
    for tree, is_pinned in ((folder, False), (pinned, True)):
        corpus.write_tree(tree, shop.sizes.dockerfiles, corpus.dockerfile, "Dockerfile", pinned=is_pinned)
        _make_repository(tree)
    sides = [shop.command("pinner", "check", folder=folder, expected=FINDINGS)]
    if shop.has("pindock"):
        other = shop.command("pindock", "check", folder=pinned, expected=FINDINGS)
        sides.append(other._replace(name="pindock check, pinned"))
    work = f"check {shop.sizes.dockerfiles} unpinned Dockerfiles"
    yield from _compared(work, alternate(sides, shop.sizes.rounds), [7.0])


def pin(shop: Workshop) -> Iterator[Row]:
    """Resolve and write: at 50 ms and at no delay, with and without tokens."""
    yield from _pin(shop, ROUND_TRIP, 0.35)
    yield from _pin(shop, ROUND_TRIP, 0.35, registries=2)
    yield from _pin(shop, 0.0, 2.0)
    yield from _pin(shop, ROUND_TRIP, None, authenticated=True)


def growth(shop: Workshop) -> Iterator[Row]:
    """Ten times as much costs ten times as long, and a large tree fits in memory."""
    small = shop.sizes.smallest_tree
    trees = [_tree(shop, small * factor) for factor in (1, 10, 100)]
    commands = [shop.command("pinner", "check", folder=tree)._replace(name=f"{tree.name} files") for tree in trees]
    timings = alternate(commands, shop.sizes.rounds)
    for less, more in pairwise(timings):
        yield _row(f"growth: {more.name}", more, less, 11.0)
    yield Row(f"peak memory: {timings[-1].name}", timings[-1], None, timings[-1].memory / MEBIBYTE, 150.0, " MiB")
    for giant in _giants(shop.sizes):
        yield _giant(shop, *giant)


def offline(shop: Workshop) -> Iterator[Row]:
    """A hundred images and nobody who answers."""
    images = [f"team-{number}/app:1.{number}" for number in range(100)]
    refused = _new(shop, "refused")
    corpus.write_tagged(refused, 100, [f"127.0.0.1:9/{image}" for image in images])
    commands = {"100 images, connections refused": shop.command("pinner", "pin", folder=refused, expected=UNCHECKED)}
    if _has_namespaces():
        cut_off = _new(shop, "offline")
        corpus.write_tagged(cut_off, 100, images)
        arguments = ["/usr/bin/unshare", "--net", str(shop.programs / "pinner"), "pin"]
        commands["100 images, no network"] = Command("pinner pin", arguments, cut_off, UNCHECKED)
    for work, command in commands.items():
        (timing,) = alternate([command], shop.sizes.rounds)
        yield Row(work, timing, None, timing.median, 2.0, " s")


CASES: tuple[Case, ...] = (hook, start, dockerfile_tree, compose_tree, yaml_tree, unpinned_tree, pin, growth, offline)


def _row(work: str, pinner: Timing, other: Timing, bound: float | None) -> Row:
    return Row(work, pinner, other, pinner.median / other.median, bound)


def _compared(work: str, timings: Sequence[Timing], bounds: Sequence[float | None]) -> Iterator[Row]:
    """A row for each of the others; pinner alone where no other is installed."""
    pinner, *others = timings
    if not others:
        yield Row(work, pinner, None, pinner.median, None, " s")
    for other, bound in zip(others, bounds, strict=False):
        yield _row(work, pinner, other, bound)


def _against_pindock(shop: Workshop, work: str, folder: Path, bound: float | None) -> Iterator[Row]:
    sides = [shop.command("pinner", "check", folder=folder, expected=FINDINGS)]
    if shop.has("pindock"):
        sides.append(shop.command("pindock", "check", folder=folder, expected=FINDINGS))
    yield from _compared(work, alternate(sides, shop.sizes.rounds), [bound])


def _bare_pindock(shop: Workshop, folder: Path) -> Command:
    """The program that the `pindock` of the package starts, without Python before it."""
    (binary,) = shop.programs.parent.glob("lib/python*/site-packages/pindock/bin/pindock")
    return Command("pindock's binary, started directly", [str(binary), "check", "Dockerfile"], folder)


def _pin(
    shop: Workshop,
    delay: float,
    bound: float | None,
    *,
    registries: int = 1,
    authenticated: bool = False,
) -> Iterator[Row]:
    names = [(f"team-{number // 10}/app-{number}", f"1.{number}") for number in range(shop.sizes.tags)]
    with ExitStack() as stack:
        served: list[latency.SlowRegistry] = []
        under_way = latency.UnderWay()
        for first in range(registries):
            tags = names[first::registries]
            slow = latency.SlowRegistry(tags, delay, authenticated=authenticated, under_way=under_way)
            served.append(stack.enter_context(latency.serve(slow)))
        images = [f"{served[at % registries].address}/{name}:{tag}" for at, (name, tag) in enumerate(names)]
        folder = shop.folder / "tags"

        def fresh() -> None:
            # ext4 takes longer to make files for minutes after others were removed. So no file is: those of the last
            # run are moved away, and those that are replaced keep a second name.
            aside = shop.folder / f"tags-{time.monotonic_ns()}"
            if folder.exists():
                folder.rename(aside)
            corpus.write_tagged(folder, shop.sizes.tagged_files, images)
            shutil.copytree(folder, aside / "replaced", copy_function=os.link)
            for registry in served:
                registry.forget()

        fresh()
        sides = [shop.command("pinner", "pin", folder=folder)]
        run_once(sides[0])
        counts = _checked_counts(served, len(names))
        if shop.has("pindock"):
            sides.append(shop.command("pindock", "run", folder=folder))
        timings = alternate(sides, shop.sizes.rounds, fresh)
    where = f" of {registries} registries" if registries > 1 else ""
    asked = " ".join(["pin", f"{len(names)} tags{where}"])
    work = f"{asked} over {shop.sizes.tagged_files} files, {delay * 1000:.0f} ms{counts}"
    yield from _compared(work, timings, [bound])


def _checked_counts(registries: Sequence[latency.SlowRegistry], tags: int) -> str:
    """What pinner asked, for the table. Raises Failed where it asked more than one HEAD for a tag."""
    asked = sum((registry.requests for registry in registries), Counter())
    if sum(len(registry.asked) for registry in registries) != tags or asked["HEAD"] != tags or asked["GET"]:
        raise Failed(f"one HEAD for each of {tags} tags was expected, not {dict(asked)}")
    most_at_once = registries[0].under_way.most
    if most_at_once > MOST_AT_ONCE:
        raise Failed(f"{most_at_once} requests were under way at once")
    tokens = f", {asked['token']} for tokens" if asked["token"] else ""
    return f" ({asked['HEAD']} HEAD{tokens}, at most {most_at_once} at once)"


def _tree(shop: Workshop, files: int) -> Path:
    folder = _new(shop, str(files))
    corpus.write_tree(folder, files, corpus.dockerfile, "Dockerfile")
    _make_repository(folder)
    return folder


def _giants(sizes: Sizes) -> tuple[tuple[str, str, Callable[[int], str], int], ...]:
    return (
        ("Dockerfile", "lines in one RUN", corpus.long_run, sizes.run_lines),
        ("Dockerfile", "bytes", corpus.big_dockerfile, sizes.dockerfile_bytes),
        ("Dockerfile", "FROMs", corpus.many_stages, sizes.stages),
        ("compose.yaml", "bytes", corpus.big_compose, sizes.compose_bytes),
    )


def _giant(shop: Workshop, file: str, unit: str, write: Callable[[int], str], size: int) -> Row:
    """One file of `size` against one of a tenth of it."""
    commands = []
    for part in (size, size // 10):
        folder = _new(shop, f"giant-{write.__name__}-{part}")
        _in_child(partial(_write, folder / file, write, part))
        name = f"one {file}, {part} {unit}"
        commands.append(shop.command("pinner", "check", folder=folder)._replace(name=name))
    more, less = alternate(commands, min(shop.sizes.rounds, 3))
    return _row(f"growth: {more.name}", more, less, 11.0)


def _write(path: Path, write: Callable[[int], str], size: int) -> None:
    path.write_text(write(size), encoding="utf-8")


def _in_child(work: Callable[[], object]) -> None:
    """Run `work` in a process of its own: a child's peak memory begins at its parent's."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    os.waitpid(child, 0)


def _make_repository(folder: Path) -> None:
    for arguments in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def _has_namespaces() -> bool:
    probe = ["/usr/bin/unshare", "--net", sys.executable, "-c", ""]
    return Path(probe[0]).exists() and subprocess.run(probe, check=False, stderr=subprocess.DEVNULL).returncode == 0


def _new(shop: Workshop, name: str) -> Path:
    folder = shop.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
