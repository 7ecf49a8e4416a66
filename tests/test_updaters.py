"""The forms that pinner writes against what Renovate and Dependabot read: the tables of docs/updaters.md are the cases.

Both models keep to what the projects document and to the expressions in their sources; they know no more
than these cases need.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pinner.fixing.fixer import Plan, fix
from pinner.model.source import Source
from pinner.scanning.discovery import format_of
from pinner.scanning.scan import scan_stdin
from tests.support.occurrences import insertion

PAGE = (Path(__file__).parents[1] / "docs/updaters.md").read_text(encoding="utf-8")
DIGEST = f"sha256:{'5d1d5407' * 8}"
COMPOSE_KEYS = ("image:", "{", "volumes:", "build:")

REFERENCE = r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}"


def rows() -> list[tuple[tuple[str, ...], bool, bool]]:
    """Every row of the tables: the lines of the file, and whether Renovate and Dependabot update it."""
    table = re.findall(r"^\| (`[^|]*`) \| (yes|no) \| (yes|no) \|$", PAGE, re.MULTILINE)
    return [
        (tuple(re.findall("`([^`]+)`", form)), renovate == "yes", dependabot == "yes")
        for form, renovate, dependabot in table
    ]


def file_of(lines: tuple[str, ...]) -> tuple[str, str]:
    """A whole file around the lines of a row, with the digest in full."""
    text = "\n".join(lines).replace("sha256:…", DIGEST)
    if not text.startswith(COMPOSE_KEYS):
        starts_build = text.startswith(("FROM", "ARG", "#"))
        return "Dockerfile", text + "\n" if starts_build else f"FROM scratch\n{text}\n"
    if text.startswith("{"):
        return "compose.yaml", f"services:\n  web: {text}\n"
    return "compose.yaml", f"services:\n  web:\n    {text}\n"


def pin(name: str, text: str) -> str:
    scan = scan_stdin(Source(name, text.encode()), format_of(name))
    fixed = fix(scan, [Plan(each, DIGEST) for each in scan.occurrences if insertion(each) is not None], write=False)
    return fixed.contents[name].decode()


def renovate_updates(name: str, text: str) -> bool:
    """https://docs.renovatebot.com/modules/manager/dockerfile/ and …/docker-compose/"""
    if name == "compose.yaml":
        image = re.search(r"^\s*image:\s*(.*)$", text, re.MULTILINE)
        return image is not None and _is_whole(image[1].strip("\"'"))
    variables = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.MULTILINE))
    places = [
        *re.findall(r"^FROM (?:--platform=\S+ )?(\S+)", text, re.MULTILINE),
        *re.findall(r"^COPY (?:--\w+(?:=\S+)? )*?--from=(\S+)", text, re.MULTILINE),
        *re.findall(r"^RUN --mount=(?:\S+=\S*,)*?from=([^, ]+)", text, re.MULTILINE),
        *re.findall(r"\A#\s*syntax=(\S+)", text),
    ]
    expanded = [re.sub(r"\$\{(\w+)\}", lambda match: variables.get(match[1], match[0]), place) for place in places]
    return any(map(_is_whole, expanded))


def _is_whole(image: str) -> bool:
    """A variable may only be there as `${NAME:-image}` around the whole."""
    return re.fullmatch(rf"(?:\$\{{\w+:-)?{REFERENCE}\}}?", image) is not None


def dependabot_updates(name: str, text: str) -> bool:
    """FROM_LINE of docker/file_parser.rb, parse_image_spec of docker_compose/file_parser.rb."""
    if name == "Dockerfile":
        return re.search(rf"^FROM\s+(?:--platform=\S+\s+)?{REFERENCE}", text, re.MULTILINE | re.IGNORECASE) is not None
    image = YAML(typ="safe").load(text)["services"]["web"].get("image", "")
    variable = re.match(r"\$\{[^}:]+(?::-([^}]+))?\}", image)
    return re.match(REFERENCE, (variable[1] or "") if variable else image) is not None


def test_the_page_has_tables() -> None:
    assert len(rows()) > 15


@pytest.mark.parametrize("lines", [row[0] for row in rows()], ids=" ; ".join)
def test_pinner_writes_the_form(lines: tuple[str, ...]) -> None:
    name, pinned = file_of(lines)
    assert pin(name, pinned.replace(f"@{DIGEST}", "")) == pinned


@pytest.mark.parametrize(("column", "updates"), [(1, renovate_updates), (2, dependabot_updates)])
@pytest.mark.parametrize("row", rows(), ids=lambda row: " ; ".join(row[0]))
def test_the_columns_are_right(
    row: tuple[tuple[str, ...], bool, bool], column: int, updates: Callable[[str, str], bool]
) -> None:
    assert updates(*file_of(row[0])) is row[column]
