"""Where no digest can go, what cannot be known, what is no reference, and what is wrong with a Dockerfile."""

import pytest

from pinner.model.occurrence import Invalid, Opaque
from pinner.model.reference import Reference
from tests.support.dockerfiles import expanded, only, pin, reading
from tests.support.occurrences import insertion
from tests.support.pinning import DIGEST

# Known, and nothing can be written: the reason and what to do.

UNWRITABLE = {
    "tag with something after the variable": (
        "ARG V=20\nFROM node:${V}-slim",
        "V is part of the tag, and a digest would switch it off;"
        " write ARG NODE_IMAGE=node:20-slim above the first FROM, use ${NODE_IMAGE} here, and run pinner again",
    ),
    "tag of two variables": ("ARG A=2 B=0\nFROM node:$A$B", "A is part of the tag, and a digest would switch it off"),
    "replacement at the end": (
        "ARG V=20-slim\nFROM node:${V/slim/alpine}",
        "the variables leave no place for a digest",
    ),
    "ARG shared by two images": ("ARG V=20\nFROM node:$V AS x\nFROM golang:$V", "V is also used in golang:$V"),
    "ARG shared with a platform": ("ARG V=20\nFROM --platform=$V node:$V", "V is also used in $V"),
    "ARG that is used behind another part of a tag": (
        "ARG V=20 P=\nFROM node:$V AS x\nFROM node:$P$V",
        "V is also used in node:$P$V",
    ),
    "ARG shared with a stage": ("ARG V=x\nFROM a:$V AS x\nFROM $V", "V is also used in $V"),
    "ARG that is used with and without more": (
        "ARG V=20\nFROM node:$V AS x\nFROM node:$V-slim",
        "V is also used in node:$V-slim",
    ),
    "ARG that is used behind a digest": ("ARG V=20\nFROM node:$V@D AS x\nFROM node:$V", "V is also used in node:$V@D"),
    "ARG that a stage declares again": (
        "ARG V=20\nFROM node:$V\nARG V\nRUN echo $V",
        "a stage declares V again and would see the digest",
    ),
    "whole reference that a stage declares again": (
        "ARG BASE=node:20\nFROM $BASE\nARG BASE",
        "a stage declares BASE again",
    ),
    "advice where the reference stands on another line than its image": (
        "ARG BASE=node:20\n\nFROM $BASE\nARG BASE",
        "write ARG NODE_IMAGE=node:20 above the first FROM, use ${NODE_IMAGE} on line 3, and run pinner again",
    ),
    "advice for several references that are one image": (
        "ARG BASE=node:20\nFROM $BASE AS x\nRUN x\nFROM ${BASE:-x}\nARG BASE",
        "above the first FROM, use ${NODE_IMAGE} on lines 2 and 4, and",
    ),
    "advice for many references that are one image": (
        "ARG BASE=node:20\n" + "FROM $BASE\n" * 12 + "ARG BASE",
        "on lines 2 and 3 and 4 and 5 and 6 and 7 and 8 and 9 and 10 and 11 and 2 more, and run",
    ),
    "ARG that reaches a stage through another": ("ARG V=20\nARG W=$V\nFROM node:$V\nARG W", "a stage declares W again"),
    "suffix cut off": ("ARG V=20-slim\nFROM node:${V%-*}", "the digest would stand in the middle of V"),
    "suffix cut off twice": ("ARG V=20-a-b\nFROM node:${V%%-*}", "the digest would stand in the middle of V"),
    "replacement that would meet the digest": ("ARG V=a20\nFROM node:${V//a/b}", "V is also used in node:${V//a/b}"),
    "name of the rewrite that is taken": (
        "ARG NODE_IMAGE=node V=20\nFROM $NODE_IMAGE:$V-x",
        "write ARG NODE_IMAGE_2=node:20-x",
    ),
    "later stage": ("FROM later\nFROM a:1@D AS later", "the stage later is defined further down"),
    "number": ("FROM 0", "a stage is named with AS, not numbered"),
    "number in a mount": ("FROM a:1@D AS x\nRUN --mount=from=0 y", "stages have names here, not numbers"),
    "number in the mount of a trigger that runs here": (
        "FROM a:1@D AS x\nONBUILD RUN --mount=from=0 y\nFROM x",
        "stages have names here, not numbers",
    ),
    "later stage, and an image in its ARG": (
        "ARG B=later\nFROM $B\nFROM $B AS later",
        "the stage later is defined further down",
    ),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_where_no_digest_can_go(name: str) -> None:
    text, reason = UNWRITABLE[name]
    found = [each for each in reading(text).occurrences if each.unwritable]
    assert expanded(reason) in str(found[0].unwritable)
    assert all(isinstance(each.target, Reference) and insertion(each) is None for each in found)
    assert pin(text) == text


def test_the_rewrite_that_is_proposed_can_be_pinned() -> None:
    text = "ARG V=20\nARG NODE_IMAGE=node:${V}-slim\nFROM ${NODE_IMAGE}"
    assert "write ARG NODE_IMAGE_2=node:20-slim" in str(only(text).unwritable)
    assert pin("ARG NODE_IMAGE_2=node:20-slim\nFROM ${NODE_IMAGE_2}") == (
        "ARG NODE_IMAGE_2=node:20-slim@D\nFROM ${NODE_IMAGE_2}"
    )


# Not known from the file, or no reference at all.

OPAQUE = {
    "ARG without a default": ("ARG BASE\nFROM $BASE", "BASE has no value"),
    "two ARGs without a default": ("ARG A B\nFROM $A:$B", "A and B have no value"),
    "ARG of an ARG without a default": ("ARG A\nARG B=$A:1\nFROM $B", "A has no value"),
    "registry without a default": ("ARG R\nFROM ${R}node:20", "R has no value"),
    "architecture in the name": ("FROM node-$TARGETARCH:20", "TARGETARCH differs by platform"),
    "architecture in the tag": ("FROM node:$TARGETARCH", "TARGETARCH differs by platform"),
    "architecture after a stage's name": ("FROM a:1@D AS x\nFROM x$TARGETARCH", "TARGETARCH differs by platform"),
    "scratch and an architecture": ("FROM scratch$TARGETARCH", "TARGETARCH differs by platform"),
    "scratch and an ARG without a default": ("ARG X\nFROM scratch$X", "X has no value"),
    "stage and an ARG without a default": ("ARG X\nFROM a:1@D AS x\nFROM x$X", "X has no value"),
    "stage for one variant, an image for others": (
        "FROM a:1@D AS alpinev7\nFROM alpine$TARGETVARIANT",
        "TARGETVARIANT differs by platform",
    ),
    "stage for one architecture, an image for others": (
        "FROM a:1@D AS arm64\nFROM ${TARGETARCH/amd64/x\\/amd64:1}",
        "TARGETARCH differs by platform",
    ),
    "system of the builder": ("ARG BUILDOS\nFROM node:$BUILDOS", "BUILDOS differs by platform"),
    "version of the system": ("FROM node:20$TARGETOSVERSION", "TARGETOSVERSION differs by platform"),
    "architecture by default, a stage for another": (
        "ARG TARGETARCH=arm64\nFROM a:1@D AS x-amd64\nFROM x-$TARGETARCH$TARGETVARIANT",
        "TARGETVARIANT differs by platform",
    ),
    "stage that is built": ("FROM ${TARGETSTAGE:-node:20}", "TARGETSTAGE has no value"),
    "variable in COPY": ("FROM a@D\nARG X=b\nCOPY --from=$X c d", "variables mean nothing here"),
    "variable in a mount": ("FROM a@D\nRUN --mount=from=${X:-b} c", "variables mean nothing here"),
    "quote that is not closed": ("FROM 'node:20", "a closing ' is missing"),
    "brace that is not closed": ("FROM ${X:-node", "a } is missing"),
    "variable that must be set": ("FROM ${X:?no}", "X must be set: no"),
    "substitution that BuildKit does not know": ("FROM ${X^^}", "${X^ is no substitution that pinner knows"),
    "nothing in braces": ("FROM ${}", "no variable name"),
}

INVALID = {
    "capitals": "FROM Node:20",
    "stage in the wrong case": "FROM a@D AS x\nFROM X",
    "digest that is too short": f"FROM node:20@{DIGEST[:-1]}",
    "digest in capitals": f"FROM node:20@{DIGEST.upper()}",
    "nothing in quotes": 'FROM ""',
    "escaped dollar": "ARG V=20\nFROM node:\\$V",
    "variable that is declared nowhere": "FROM $BASE",
    "comment that is none": "FROM node:20#x",
    "syntax that is no reference": "# syntax=Docker:1\nFROM a@D",
    "quotes that a mount keeps": 'FROM a@D\nRUN --mount=\'"from=b""c:1"\' x',
}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_cannot_be_known(name: str) -> None:
    text, reason = OPAQUE[name]
    (target,) = [each.target for each in reading(text).occurrences if not isinstance(each.target, Reference)]
    assert isinstance(target, Opaque)
    assert reason in target.reason
    assert pin(text) == text


@pytest.mark.parametrize("name", INVALID)
def test_what_is_no_reference(name: str) -> None:
    targets = [each.target for each in reading(INVALID[name]).occurrences if not isinstance(each.target, Reference)]
    assert [type(target) for target in targets] == [Invalid]
    assert pin(INVALID[name]) == INVALID[name]


# What is wrong with a file.

PROBLEMS = {
    "no instruction": ("# only a comment\n", 1, "the file has no instructions"),
    "nothing": ("", 1, "the file has no instructions"),
    "no FROM": ("ARG X=1\n", 1, "the file has no FROM"),
    "something before FROM": ("ARG X=1\nRUN x\nFROM a", 2, "RUN stands before the first FROM"),
    "unknown instruction": ("FROM a\n\nFOO bar", 3, "unknown instruction: FOO"),
    "comment behind FROM": ("FROM node:20 # pinned", 1, "FROM requires either one or three arguments"),
    "FROM alone": ("\nFROM", 2, "FROM requires either one or three arguments"),
    "stage without a name": ("FROM a AS", 1, "FROM requires either one or three arguments"),
    "stage with a number": ("FROM a AS 1x", 1, 'invalid name for a build stage: "1x"'),
    "unknown flag of FROM": ("FROM --foo=x a", 1, "unknown flag: --foo"),
    "two platforms": ("FROM --platform=a --platform=b c", 1, "duplicate flag: --platform"),
    "from in capitals": ("FROM a\nCOPY --FROM=b c d", 2, "unknown flag: --FROM"),
    "from of ADD": ("FROM a\nADD --from=b c d", 2, "unknown flag: --from"),
    "from without a value": ("FROM a\nCOPY --from b c", 2, "--from has no value: write --from=…"),
    "mount without a value": ("FROM a\nRUN --mount b", 2, "--mount has no value: write --mount=…"),
    "mount with an unknown word": ("FROM a\nRUN --mount=type=bind,foo b", 2, "invalid field 'foo' of --mount"),
    "mount with an open quote": ("FROM a\nRUN --mount='\"from=b' c", 2, 'a closing " is missing in --mount'),
    "mount with a quote in the middle": ("FROM a\nRUN --mount='\"from=b\"c' d", 2, "a quote in --mount ends before"),
    "number of a later stage": ("FROM a\nCOPY --from=1 b c\nFROM d", 2, "--from=1: there is no earlier stage"),
    "number of the stage itself": ("FROM a\nCOPY --from=0 b c", 2, "--from=0: there is no earlier stage"),
    "number that is too long": (f"FROM a\nCOPY --from={'9' * 5000} b c", 2, "there is no earlier stage"),
    "stage that comes later": ("FROM a\nCOPY --from=x b c\nFROM d AS x", 2, "the stage x must be defined before"),
    "stage itself": ("FROM a AS x\nCOPY --from=x b c", 2, "the stage x must be defined before"),
    "FROM in a trigger": ("FROM a\nONBUILD FROM b", 2, "FROM is not allowed as an ONBUILD trigger"),
    "trigger of a trigger": ("FROM a\nONBUILD ONBUILD RUN b", 2, "ONBUILD is not allowed as an ONBUILD trigger"),
    "unknown trigger": ("FROM a\nONBUILD FOO b", 2, "unknown instruction: FOO"),
    "ARG that must be set": ("ARG X=${Y:?no}\nFROM a", 1, "the default of ARG X cannot be read: Y must be set: no"),
    "ARG with an open quote": ("ARG X='y\nFROM a", 1, "the default of ARG X cannot be read: a closing ' is missing"),
    "heredoc without an end": ("FROM a\nRUN x \\\n <<EOF\nFROM b\n", 2, "unterminated heredoc"),
    "escape directive twice": ("# escape=`\n# escape=`\nFROM a", 2, "only one escape parser directive can be used"),
    "escape directive that is none": ("# escape=x\nFROM a", 1, "invalid escape token 'x' does not match ` or \\"),
    "syntax without a value": ("# check=skip=all\n# syntax = \nFROM a", 2, "the directive syntax has no value"),
    "line that is too long": (
        "FROM a\nRUN " + "x" * 65536,
        2,
        "dockerfile line greater than max allowed size of 65535",
    ),
    "carriage returns alone": ("FROM a\rRUN b\r", 1, "FROM requires either one or three arguments"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_wrong_is_said_and_nothing_is_written(name: str) -> None:
    text, line, message = PROBLEMS[name]
    problem = reading(text).problems[0]
    assert problem.line == line
    assert message in problem.message
    assert pin(text) == text


@pytest.mark.parametrize("instruction", ["FOO bar", "INCLUDE+ x", "FROM+ x"])
@pytest.mark.parametrize("syntax", ["# syntax=x/y:1@D", "// syntax=example.com/docker/x@D"])
def test_another_frontend_may_know_other_instructions(instruction: str, syntax: str) -> None:
    assert reading(f"{syntax}\nFROM a\n{instruction}").problems == ()


@pytest.mark.parametrize(
    "syntax", ["docker/dockerfile:1-labs", "docker.io/docker/dockerfile", "docker/dockerfile-upstream:master"]
)
def test_the_frontends_of_docker_know_no_others(syntax: str) -> None:
    assert [each.message for each in reading(f"# syntax={syntax}\nFROM a\nFOO b").problems] == [
        "unknown instruction: FOO"
    ]


# Files that still have to be rendered.

TEMPLATES = {
    "Go": ("{{ if .x }}\nFROM a:1\n{{ end }}\n", 1, (2,)),
    "statement below FROM": ("FROM a\n{{ if x }}\nRUN y\n{{ end }}", 2, (1,)),
    "Jinja": ("FROM a:1\n{% for x in y %}\nRUN x\n{% endfor %}\n", 2, (1,)),
    "comment of Jinja": ("{# made by hand #}\nFROM a:1\n", 1, (2,)),
    "Mustache": ("FROM a:1\n{{#run}}RUN x{{/run}}\n", 2, (1,)),
    "image": ("FROM {{image}}", 1, ()),
    "image with a tag": ("FROM {{image}}:{{tag}} AS x\nFROM b:1\nFROM c:1", 1, (2, 3)),
    "image in Jinja": ("FROM {%x%}", 1, ()),
    "percent signs": ("FROM nginx:%%V%%", 1, ()),
    "ERB": ("FROM ruby:<%= v %>", 1, ()),
    "at signs": ("FROM @IMAGE@", 1, ()),
    "number signs": ("FROM #IMG# # note", 1, ()),
    "expression of a workflow": ("FROM ${{ matrix.image }}", 1, ()),
}
NO_TEMPLATES = {
    "comment": "# made from {{ base }} by @TOOL@\nFROM a:1",
    "RUN": "FROM a:1\nRUN docker inspect -f '{{.Id}}' x && date +%%Y%%",
    "heredoc": "FROM a:1\nRUN <<EOF\n{{ x }}\nEOF",
    "length of a variable": "FROM a:1\nFOO ${#x}",
    "label": "FROM a:1\nLABEL a=@B@ c=#D#",
    "value of a variable": "ARG V=@X@\nFROM a:$V",
    "mark on another line than what is refused": "FROM a:1\nRUN echo '{{ x }}'\nFOO bar",
    "digest": "FROM a:1@D",
    "e-mail": "FROM A@example.com",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_one_thing_to_say(name: str) -> None:
    text, line, literals = TEMPLATES[name]
    found = reading(text)
    assert found.template is not None
    assert (found.template.where.line, found.template.literals) == (line, literals)
    assert (found.occurrences, found.problems) == ((), ())
    assert pin(text) == text


@pytest.mark.parametrize("text", NO_TEMPLATES.values(), ids=NO_TEMPLATES)
def test_what_is_no_template(text: str) -> None:
    found = reading(text)
    assert found.template is None
    assert found.occurrences
