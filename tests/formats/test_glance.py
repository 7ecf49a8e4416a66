"""A glance says what the reader says, or nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinner.finding import Occurrence
from pinner.formats import COMPOSE, DOCKERFILE
from pinner.reference import Reference
from pinner.rules import RULES, Facts
from pinner.source import Source
from tests.support.occurrences import DIGEST, OTHER_DIGEST

NODE = f"node:20@{DIGEST}"
ALPINE = f"ghcr.io/a/alpine:3.20@{OTHER_DIGEST}"

SETTLED = {
    "one stage": (f"FROM {NODE}\nRUN make\n", [NODE]),
    "stages": (f"FROM {NODE} AS build\nFROM build\nCOPY --from=build /a /b\nCOPY --from=0 /a /b\n", [NODE]),
    "case of keywords and stages": (f"from {NODE} as Build\nFROM build\ncopy --from=BUILD /a /b\n", [NODE]),
    "scratch": (f"FROM {NODE} AS a\nFROM scratch\nCOPY --from=a / /\n", [NODE]),
    "copied from an image": (f"FROM {NODE}\nCOPY --chown=1:1 --from={ALPINE} /a /b\n", [NODE, ALPINE]),
    "frontend": (f"# syntax={ALPINE}\nFROM {NODE}\n", [ALPINE, NODE]),
    "platform": (f"FROM --platform=$BUILDPLATFORM {NODE}\n", [NODE]),
    "argument": (f"ARG BASE={NODE}\nARG X\nARG Y=1\nFROM ${{BASE}} AS a\nFROM $BASE\n", [NODE]),
    "argument of a stage": (f'FROM {NODE}\nARG A="b c"\nARG D\n', [NODE]),
    "comments and blank lines": (f"# a\n\n  # syntactic\nFROM {NODE}\n# b\n", [NODE]),
    "continued": (f"FROM {NODE}\nRUN a \\\n# c\n\n  && b\nENV X=1 \\\n    Y=2\n", [NODE]),
    "cache mount": (f"FROM {NODE}\nRUN --mount=type=cache,target=/x \\\n  --network=none \\\n  make\n", [NODE]),
    "heredoc": (f"FROM {NODE}\nRUN <<EOF\nFROM a\n\\\nEOF\nCOPY <<-X /a\n\tb\n\tX\nUSER 1\n", [NODE]),
    "line ends": (f"FROM {NODE}\r\nRUN a \\\r\n  b\r\n", [NODE]),
    "other characters": (f"# é\nFROM {NODE}\nRUN echo é\nLABEL x=✓\n", [NODE]),
}

UNSETTLED = {
    "nothing": "",
    "no FROM": "ARG A\n",
    "not pinned": "FROM node:20\n",
    "no tag": f"FROM node@{DIGEST}\n",
    "one of two": f"FROM {NODE}\nFROM alpine\n",
    "invalid reference": f"FROM Node:20@{DIGEST}\n",
    "dead variable": f"ARG V=20\nFROM node:${{V}}@{DIGEST}\n",
    "unknown argument": "ARG A\nFROM $A\n",
    "default in the expansion": f"FROM ${{A:-{NODE}}}\n",
    "platform alone": f"FROM {NODE}\nFROM --platform=linux/amd64\nRUN make\n",
    "platform alone at first": "FROM --platform=linux/amd64\n",
    "later stage": f"FROM {NODE}\nCOPY --from=b /a /b\nFROM {NODE} AS b\n",
    "own stage": f"FROM {NODE} AS a\nCOPY --from=a /a /b\n",
    "no such stage": f"FROM {NODE}\nCOPY --from=0 /a /b\n",
    "mounted from an image": f"FROM {NODE}\nRUN --mount=from=alpine,target=/x make\n",
    "mounted from a stage": f"FROM {NODE} AS a\nFROM {NODE}\nRUN --mount=from=a,target=/x make\n",
    "mount without value": f"FROM {NODE}\nRUN --mount=type=cache,x make\n",
    "quoted flag": f'FROM {NODE}\nCOPY --fr"om"=alpine /a /b\n',
    "flag in two pieces": f"FROM {NODE}\nCOPY --fr\\\nom=alpine /a /b\n",
    "dashes in two pieces": f"FROM {NODE}\nCOPY -\\\n-from=alpine /a /b\n",
    "dashes in two pieces after a flag": f"FROM {NODE}\nCOPY --link -\\\n-from=alpine /a /b\n",
    "flag after an empty line part": f"FROM {NODE}\nCOPY \\\n--from=alpine /a /b\n",
    "trigger": f"FROM {NODE}\nONBUILD COPY --from=a/b /a /b\n",
    "unknown instruction": f"FROM {NODE}\nFOO bar\n",
    "instruction before FROM": f"RUN a\nFROM {NODE}\n",
    "three arguments": f"FROM {NODE} IS a\n",
    "bad name of a stage": f"FROM {NODE} AS 1\n",
    "unknown flag of FROM": f"FROM --foo=bar {NODE}\n",
    "other escape": f"# escape=`\nFROM {NODE}\nRUN a `\nFROM alpine\n",
    "directive after a no-break space": f"#\xa0escape=`\nFROM {NODE}\n",
    "unpinned frontend": f"# syntax=docker/dockerfile:1\nFROM {NODE}\n",
    "frontend further down": f"# check=skip=all\n# syntax={NODE}\nFROM {NODE}\n",
    "ignore comment": f"# pinner: ignore[unpinned]\nFROM {NODE}\n",
    "heredoc without end": f"FROM {NODE}\nRUN <<EOF\na\n",
    "heredoc after an open variable": f"FROM {NODE}\nCOPY --chmod=${{x <<a /b\nFROM alpine\nLABEL x=y \\\na\n",
    "heredoc in a flag": f"FROM {NODE}\nCOPY --chmod=<<a /b /c\nFROM alpine\na\n",
    "heredoc in quotes": f"FROM {NODE}\nRUN echo '<<EOF'\nFROM alpine\nEOF\n",
    "heredoc in two pieces": f"FROM {NODE}\nRUN <\\\n<EOF\nFROM alpine\nEOF\n",
    "two escapes": f"FROM {NODE}\nRUN a \\\\\nFROM alpine\n",
    "white space that BuildKit skips": f"FROM {NODE}\nRUN a \\\n\u3000\nFROM alpine\n",
    "carriage return": f"FROM {NODE}\nRUN a\rb\n",
    "byte-order mark": f"\ufeffFROM {NODE}\n",
    "instruction without arguments": f"FROM {NODE}\nRUN\n",
    "continued at the end": f"FROM {NODE}\nRUN a \\\n",
    "long line": f"FROM {NODE}\nRUN {'a' * 65536}\n",
}


def glance(data: bytes) -> tuple[Reference, ...] | None:
    """What a glance says, which is the same line by line and many lines at once."""
    references = DOCKERFILE.glance(Source("Dockerfile", data))
    assert DOCKERFILE.glance(Source("Dockerfile", data), many=True) == references
    return references


def read(data: bytes) -> tuple[Occurrence, ...]:
    """The occurrences of a Dockerfile without problems and ignore comments."""
    reading = DOCKERFILE.read(Source("Dockerfile", data))
    assert reading.problems == ()
    assert reading.ignores == ()
    return reading.occurrences


def agree(data: bytes) -> None:
    """Where a glance is enough, the reader finds the same references, and no rule finds anything."""
    references = glance(data)
    if references is None:
        return
    occurrences = read(data)
    assert sorted(map(str, references)) == sorted(str(each.target) for each in occurrences)
    facts = Facts(occurrences)
    assert [finding for rule in RULES for finding in rule.check(facts) if rule.ID != "conflicting-digests"] == []


@pytest.mark.parametrize(("text", "expected"), SETTLED.values(), ids=SETTLED)
def test_settled(text: str, expected: list[str]) -> None:
    references = glance(text.encode())
    assert references is not None
    assert [each.familiar for each in references] == expected
    agree(text.encode())


@pytest.mark.parametrize("text", UNSETTLED.values(), ids=UNSETTLED)
def test_has_to_be_read(text: str) -> None:
    assert glance(text.encode()) is None


def test_a_compose_file_has_to_be_read() -> None:
    assert COMPOSE.glance(Source("compose.yaml", f"services: {{a: {{image: {NODE}}}}}".encode())) is None


# What an expression has to tell apart to take many lines at once.
FLAGS_AND_PARTS = rf"""
RUN --mount=type=cache,target=/root/.cache make
RUN --mount=type=cache,target=/root/.cache --network=none \
--mount=type=bind,source=a,target=b make
RUN --mount=type=cache,from=alpine make
RUN --mount=type=cache, make
RUN --mount=FROM=a make
RUN --mount=type=cache\
 make
RUN --from=a make
ADD --mount=from=alpine /a /b
COPY --link --from={ALPINE} --chown=1:1 /a /b
COPY --from={ALPINE} --from=alpine /a /b
COPY --chown=<<X --from={ALPINE} /a /b
COPY --from={ALPINE} \
  # a comment
  --link /a /b
COPY --FROM=alpine /a /b
COPY --from=alpine /a /b
COPY --from=build \
HEALTHCHECK --interval=30s CMD wget
HEALTHCHECK --from=a CMD wget
RUN <<EOF
EOF
FROM {NODE} AS a-1.b_c
FROM --platform=$X {NODE} AS a
FROM --platform='x' {NODE}
FROM {NODE}\
RUN -x
RUN - a \
# = <
RUN a <\
<b
RUN a < b <c \ d \e
RUN a \ \
RUN \
  --x
ENV A=1 \

  B=2
# syntax=a
# Escape
#éa=b
# éa
""".split("\n")
ORDINARY = [line for text, _ in SETTLED.values() for line in text.split("\n")]
ORDINARY += FLAGS_AND_PARTS
ODD = [line for text in UNSETTLED.values() if len(text) < 500 for line in text.split("\n")]
LINES = st.sampled_from(ORDINARY) | st.sampled_from(ORDINARY) | st.sampled_from(ORDINARY + ODD)
WORDS = """FROM ARG COPY RUN ONBUILD ENV \\ \\\\ ` # << <<EOF EOF <<- - -- --from= --from=build --mount=from=a
--platform=a $ ${ } $BASE ${BASE} : @ / ' " [ ] = , AS build scratch 0 1 a é""".split()
SPACES = [" ", *"\t\n\r\v\f\x1c\x85\xa0\u3000\ufeff\0", "\r\n", "\\\n", " \\\n", "\\ \n"]
PIECES = st.sampled_from([*WORDS, *SPACES, NODE, ALPINE, "node:20", "# syntax="])


@st.composite
def dockerfiles(draw: st.DrawFn) -> bytes:
    """Ordinary Dockerfiles, with up to three small things done to them."""
    lines = [f"FROM {NODE} AS build", *draw(st.lists(LINES, max_size=8))]
    text = draw(st.sampled_from(["\n", "\n", "\r\n"])).join(lines)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(PIECES) + text[at + draw(st.sampled_from([0, 0, 1, 4])) :]
    return text.encode()


@given(dockerfiles())
@example(f"FROM {NODE}\nRUN a \\\r\r\n b\nFROM alpine\n".encode())
@example(f"FROM {NODE}\nCOPY --from={NODE[:20]}\\\n{NODE[20:]} /a /b\n".encode())
@example(f"FROM {NODE} AS build\nFROM\x1c{NODE}\n".encode())
def test_agrees_with_the_reader(data: bytes) -> None:
    agree(data)


FRAGMENTS = [*WORDS, *SPACES, NODE, ALPINE, "COPY ", "RUN ", "FROM ", "-", "from=", "\nCOPY ", "\nRUN --mount=type=a "]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example("COPY -\\\n-from=alpine /a /b\n")
@example("RUN --mount=type=a,\\\nfrom=alpine make\n")
def test_agrees_with_the_reader_on_fragments(text: str) -> None:
    agree(f"FROM {NODE} AS build\n{text}\n".encode())
