"""The picture of a terminal in the README. It is drawn from a real session."""

import io
import re
import shutil
import tempfile
from html import unescape
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.support.embedded import embedded
from tests.support.terminals import at_a_terminal

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/terminal.svg"
WIDTH = 112
COMMANDS = ("check Dockerfile", "pin Dockerfile", "check Dockerfile")


def draw() -> str:
    """What the commands show at a terminal, as SVG. A reader's own monospaced font is used: nothing is fetched."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="standard")
    with tempfile.TemporaryDirectory() as folder, embedded() as registry:
        project = shutil.copytree(ROOT / "pinner/demo/sample", Path(folder, "sample"))
        for command in COMMANDS:
            console.print(Text(f"$ pinner {command}", style="bold"))
            mirror = ["--mirror", registry.mirror] if command.startswith("pin") else []
            console.print(Text.from_ansi(at_a_terminal([*command.split(), *mirror], project)))
    svg = console.export_svg(title="pinner", unique_id="pinner")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def words(svg: str) -> list[str]:
    """The text of a picture, whatever draws it."""
    return [
        unescape(text).replace("\N{NO-BREAK SPACE}", " ").strip() for text in re.findall(r"<text[^>]*>([^<]*)<", svg)
    ]
