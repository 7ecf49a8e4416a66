"""Files are read, or settled by a glance, and a report does not show which."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner import looks
from pinner.discovery import Found, discover
from pinner.exemptions import NO_EXEMPTIONS, Exemptions
from pinner.formats import DOCKERFILE
from pinner.looks import Look, Looks, PackedLooks, Read
from pinner.pipeline import check
from pinner.report import Report
from pinner.scan import scan_files
from tests.support.occurrences import DIGEST, OTHER_DIGEST

CONTENTS = (
    f"FROM node:20@{DIGEST}\n",
    f"FROM docker.io/library/node:20@{DIGEST}\nFROM alpine:3@{DIGEST}\n",
    f"FROM node:20@{OTHER_DIGEST}\n",
    f"FROM node:20@{OTHER_DIGEST}\nFROM node:20@{DIGEST}\n",
    "FROM node:20\n",
    f"# pinner: ignore[conflicting-digests]\nFROM node:20@{OTHER_DIGEST}\n",
    f"FROM node@{DIGEST}\n",
    "FOO\n",
    f"services:\n  a:\n    image: node:20@{DIGEST}\n",
    "services:\n  a:\n    image: node\n",
)


def write(folder: Path, contents: Mapping[str, str]) -> tuple[Found, ...]:
    for name, content in contents.items():
        folder.joinpath(name).write_text(content)
    return discover([str(folder / name) for name in contents]).files


def report(found: tuple[Found, ...], *, settle: bool, exemptions: Exemptions = NO_EXEMPTIONS) -> Report:
    """What a check says, without the files themselves."""
    return check(scan_files(found, looks=Looks(exemptions, settle=settle)))._replace(sources={})


def test_a_glance_settles_what_is_pinned(tmp_path: Path) -> None:
    found = write(tmp_path, {"a.Dockerfile": CONTENTS[0], "b.Dockerfile": CONTENTS[4]})
    settled = scan_files(found, looks=Looks(settle=True))
    assert [Path(path).name for path in settled.settled] == ["a.Dockerfile"]
    assert [Path(path).name for path in settled.files] == ["b.Dockerfile"]
    assert scan_files(found).settled == {}


def test_a_tag_with_two_digests_is_read_wherever_it_is(tmp_path: Path) -> None:
    contents = {f"{number}.Dockerfile": CONTENTS[number] for number in range(3)}
    result = scan_files(write(tmp_path, contents), looks=Looks(settle=True))
    assert result.settled == {}
    assert [Path(path).name for path in result.files] == sorted(contents)


def test_what_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    found = write(tmp_path, {"a.Dockerfile": CONTENTS[0], "b.Dockerfile": CONTENTS[0]})
    (tmp_path / "a.Dockerfile").unlink()
    result = scan_files(found, looks=Looks(settle=True))
    assert [(Path(each.path).name, each.message) for each in result.failures] == [
        ("a.Dockerfile", "no such file or directory")
    ]
    assert len(result.settled) == 1


EXEMPTIONS = (NO_EXEMPTIONS, Exemptions(ignore_images=("node",)), Exemptions(no_ignores=True))


@given(st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=6), st.sampled_from(EXEMPTIONS))
def test_a_report_does_not_show_what_was_settled(
    tmp_path_factory: pytest.TempPathFactory, contents: list[str], exemptions: Exemptions
) -> None:
    names = {
        f"{number}.{'compose.yaml' if content.startswith('services') else 'Dockerfile'}": content
        for number, content in enumerate(contents)
    }
    found = write(tmp_path_factory.mktemp("files"), names)
    settled = report(found, settle=True, exemptions=exemptions)
    assert settled == report(found, settle=False, exemptions=exemptions)


@pytest.mark.parametrize("settle", [False, True])
def test_a_report_does_not_show_how_many_processes_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: bool
) -> None:
    found = write(tmp_path, {f"{number}.Dockerfile": content for number, content in enumerate(CONTENTS)})
    alone = report(found, settle=settle)
    for name, value in (("WORTH_SHARING", 1), ("PART", 1), ("MANY", 0), ("processors", lambda: 3)):
        monkeypatch.setattr(looks, name, value)
    assert report(found, settle=settle) == alone


def test_what_comes_next_is_prepared_while_others_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = write(tmp_path, {f"{number}.Dockerfile": content for number, content in enumerate(CONTENTS)})
    done: list[str] = []

    def seen(name: str) -> object:
        return scan_files(found, looks=Looks(NO_EXEMPTIONS, settle=False, meanwhile=lambda: done.append(name))).files

    seen("not for a few files")
    monkeypatch.setattr(looks, "PART", 1)
    monkeypatch.setattr(looks, "processors", lambda: 2)
    assert seen("prepared")
    assert done == ["prepared"]


@pytest.mark.parametrize("settle", [False, True])
@pytest.mark.parametrize("expected", [slice(0), slice(3), slice(None), slice(None, None, -1)], ids=str)
def test_a_scan_does_not_show_what_was_expected(tmp_path: Path, settle: bool, expected: slice) -> None:
    found = write(tmp_path, {f"{number}.Dockerfile": content for number, content in enumerate(CONTENTS)})
    begun = Looks(NO_EXEMPTIONS, settle=settle)
    for each in found[expected]:
        begun.expect(each)
    begun.expect(Found(str(tmp_path / "gone"), DOCKERFILE))
    ahead = check(scan_files(found, looks=begun))
    assert ahead._replace(sources={}) == report(found, settle=settle)


def test_looks_travel(tmp_path: Path) -> None:
    found = write(tmp_path, {f"{number}.Dockerfile": content for number, content in enumerate(CONTENTS)})
    looked = list(Looks(NO_EXEMPTIONS, settle=True).of([*found, Found("gone", DOCKERFILE)]).values())
    here, there = PackedLooks(), PackedLooks()
    for part in (looked[:4], looked[4:], looked):
        arrived = there.unpack(here.pack(part))
        assert list(map(comparable, arrived)) == list(map(comparable, part))


def comparable(look: Look) -> object:
    return (look.source.data, look.reading) if isinstance(look, Read) else look
