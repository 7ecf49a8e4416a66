"""Whole repositories as data, in the form that `tests/data/silent.json` describes, and what must hold of them."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pinner.model.reference import parse
from tests.support.command import Ran, pinner

DATA = Path(__file__).parents[1] / "data"
_DIGEST_OF = re.compile(r"\{D:([^}]*)\}")
# A variable that an advice proposes: `ARG NAME=…`, `${NAME:-…}` or `NAME=…`.
_PROPOSED = re.compile(r"write (?:ARG |\$\{)?([A-Z][A-Z0-9_]*)(?:=|:-)")

CASE = frozenset({"name", "why", "kind_of_fault", "files", "git", "paths", "check_args", "expect"})
EXPECTATIONS = frozenset(json.loads((DATA / "silent.json").read_bytes())["expect_keys"])


class Message(NamedTuple):
    """A finding, an unchecked entry or an error of a report."""

    path: str
    line: int | None
    text: str
    message: str


def cases() -> dict[str, dict[str, Any]]:
    """Return the cases by their names. ValueError for a word that the form does not know."""
    found = {case["name"]: case for case in json.loads((DATA / "silent.json").read_bytes())["cases"]}
    for name, case in found.items():
        if unknown := (case.keys() - CASE) | (case["expect"].keys() - EXPECTATIONS):
            raise ValueError(f"{name}: {', '.join(sorted(unknown))}")
    return found


def digest_of(image: str) -> str:
    """Return the digest that the tests' registry gives for an image, a hash of its canonical name with the tag."""
    return f"sha256:{sha256(str(parse(image).by_tag()).encode()).hexdigest()}"


def write(tree: Mapping[str, str], folder: Path) -> None:
    """Write files below `folder`. `@D` stands for a digest, and `-> name` for a symbolic link to that name."""
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        else:
            path.write_bytes(text.replace("@D", f"@{digest_of('any')}").encode())


def content(text: str | dict[str, str]) -> bytes:
    """Return the bytes of a file in a case."""
    data = text.encode() if isinstance(text, str) else base64.b64decode(text["base64"])
    return _DIGEST_OF.sub(lambda match: digest_of(match[1]), data.decode("latin-1")).encode("latin-1")


def build(case: dict[str, Any], folder: Path) -> None:
    """Write the files of a case below `folder`, and put them into a new Git repository if it says so."""
    for name, text in case["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(text))
    if case.get("git"):
        for command in ("init --quiet", "add --all"):
            subprocess.run(["git", *command.split()], cwd=folder, check=True)


def failures(case: dict[str, Any], check: Ran, listed: Ran) -> Iterator[str]:
    """Yield what does not hold of the first `check` of a case and of `list`."""
    expect, document = case["expect"], check.document
    messages = list(_messages(document))
    if check.code not in expect.get("check_exit", [check.code]):
        yield f"check ended with {check.code}"
    yield from _unnamed(expect, check.code, messages)
    texts = {each.text for each in messages} | {each["text"] for each in listed.document["references"]}
    yield from (f"{text} is named" for text in expect.get("must_not_name", ()) if text in texts)
    yield from _missing_findings(expect, document)
    for path, most in expect.get("max_messages_for_file", {}).items():
        if sum(each.path == path for each in messages) > most:
            yield f"more than {most} messages for {path}"
    for wanted in expect.get("unchecked", ()):
        found = [each for each in document["unchecked"] if each["reason"] == wanted["reason"]]
        if not any(wanted["names"] in f"{each['path']}\n{each['text']}\n{each['detail']}" for each in found):
            yield f"nothing is unchecked[{wanted['reason']}] that names {wanted['names']}"
    if document["summary"]["references"] < expect.get("references", 0):
        yield f"{document['summary']['references']} references"


def failures_after_pin(case: dict[str, Any], folder: Path, pin: Ran, check: Ran) -> Iterator[str]:
    """Yield what does not hold after `pin`, and after the `check` that followed."""
    expect = case["expect"]
    if pin.code not in expect.get("pin_exit", [pin.code]):
        yield f"pin ended with {pin.code}"
    if check.code not in expect.get("check_exit_after_pin", [check.code]):
        yield f"check ended with {check.code} after pin"
    wanted = {path: content(text) for path, text in expect.get("after_pin", {}).items()}
    wanted |= {path: content(case["files"][path]) for path in expect.get("unchanged_by_pin", ())}
    for path, data in wanted.items():
        if (folder / path).read_bytes() != data:
            yield f"{path} is {(folder / path).read_bytes()!r}"


def run(case: dict[str, Any], folder: Path) -> list[str]:
    """Return what does not hold of a case that was built in `folder`, the working directory."""
    paths = case["paths"]
    check = pinner("check", "--format", "json", *case.get("check_args", ()), *paths)
    found = list(failures(case, check, pinner("list", "--format", "json", *paths)))
    if case["expect"].keys() & {"after_pin", "unchanged_by_pin", "pin_exit", "check_exit_after_pin"}:
        pin = pinner("pin", *paths)
        found += failures_after_pin(case, folder, pin, pinner("check", "--format", "json", *paths))
    return found


def _messages(document: dict[str, Any]) -> Iterator[Message]:
    for each in document["findings"]:
        yield Message(each["path"], each["line"], each["text"], each["message"])
    for each in document["unchecked"]:
        yield Message(each["path"], each["line"], each["text"], each["detail"])
    for each in document["errors"]:
        yield Message(each["path"], None, "", each["message"])


def _unnamed(expect: dict[str, Any], code: int, messages: list[Message]) -> Iterator[str]:
    for wanted in expect.get("must_name", ()):
        paths = [wanted["path"]] if isinstance(wanted["path"], str) else wanted["path"]
        name, contains = wanted.get("image") or wanted["text"], wanted.get("message_contains", "")
        found = (each for each in messages if each.path in paths and contains in each.message)
        if code == 0 or not any(name in f"{each.text}\n{each.message}" for each in found):
            yield f"nothing names {name} in {' or '.join(paths)}"


def _missing_findings(expect: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    findings = document["findings"]
    rules = expect.get("finding_rule", ())
    for wanted in [rules] if isinstance(rules, str) else rules:
        if not any(_is(wanted, each) for each in findings):
            yield f"no finding is {wanted}"
    places = [f"{each['path']}:{each['line']}" for each in findings]
    yield from (f"no finding stands at {place}" for place in expect.get("finding_at", ()) if place not in places)
    found = {each["rule"] for each in findings}
    yield from (f"there is {rule}" for rule in expect.get("no_rule", ()) if rule in found)
    proposed: dict[str, str] = {}
    for place in expect.get("advice_distinct", ()):
        message = next((each["message"] for each, at in zip(findings, places, strict=True) if at == place), "")
        name = _PROPOSED.search(message)
        if name is None or name[1] in proposed.values():
            yield f"{place} proposes {name and name[1]}, others {proposed}"
        proposed[place] = name[1] if name else ""


def _is(wanted: str, finding: dict[str, Any]) -> bool:
    rule, _, rest = wanted.partition(" at ")
    place, _, severity = rest.partition(" ")
    is_there = place in (finding["path"], f"{finding['path']}:{finding['line']}")
    return finding["rule"] == rule and is_there and severity in ("", finding["severity"])
