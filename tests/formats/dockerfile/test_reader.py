"""Which places of a Dockerfile name an image, where their digests go, and what an occurrence says."""

import pytest

from pinner.model.reference import Reference
from tests.support.dockerfiles import only, pin, reading, unpin
from tests.support.pinning import DIGEST

# Places.

WRITTEN = {
    "tag": ("FROM node:20", "FROM node:20@D"),
    "no tag": ("FROM node", "FROM node:latest@D"),
    "registry with a port": ("FROM localhost:5000/a", "FROM localhost:5000/a:latest@D"),
    "registry with an address": ("FROM [::1]:5000/a:1", "FROM [::1]:5000/a:1@D"),
    "tag named like a stage": ("FROM a:1 AS b\nFROM b:1", "FROM a:1@D AS b\nFROM b:1@D"),
    "image named like its own stage": (
        "FROM alpine AS alpine\nFROM alpine",
        "FROM alpine:latest@D AS alpine\nFROM alpine",
    ),
    "scratch with a tag": ("FROM scratch:latest", "FROM scratch:latest@D"),
    "lower case": ("from node:20 as build", "from node:20@D as build"),
    "tabs and spaces": ("\t FROM\t node:20  AS\tx ", "\t FROM\t node:20@D  AS\tx "),
    "form feed and vertical tab": ("FROM\x0bnode:20\x0cAS\x0bx", "FROM\x0bnode:20@D\x0cAS\x0bx"),
    "no-break spaces round the arguments": ("FROM \xa0node:20\xa0", "FROM \xa0node:20@D\xa0"),
    "no-break space behind a flag": (
        "FROM --platform=linux/amd64 \xa0node:20 AS x",
        "FROM --platform=linux/amd64 \xa0node:20@D AS x",
    ),
    "no-break space before an argument": ("ARG \xa0V=20\nFROM node:$V", "ARG \xa0V=20@D\nFROM node:$V"),
    "platform": ("FROM --platform=linux/amd64 node:20", "FROM --platform=linux/amd64 node:20@D"),
    "platform of the builder": ("FROM --platform=$BUILDPLATFORM node:20", "FROM --platform=$BUILDPLATFORM node:20@D"),
    "end of flags": ("FROM -- node:20", "FROM -- node:20@D"),
    "several stages": ("FROM a:1\nRUN x\nFROM b:2", "FROM a:1@D\nRUN x\nFROM b:2@D"),
    "one reference in several places": (
        "FROM a:1 AS x\nFROM a:1\nCOPY --from=a:1 x y",
        "FROM a:1@D AS x\nFROM a:1@D\nCOPY --from=a:1@D x y",
    ),
    "only what is missing": ("FROM a:1@D\nFROM b:1", "FROM a:1@D\nFROM b:1@D"),
    # Quotes and continuations.
    "double quotes": ('FROM "node:20" AS x', 'FROM "node:20@D" AS x'),
    "single quotes": ("FROM 'node:20'", "FROM 'node:20@D'"),
    "quotes around the name": ("FROM 'node':20", "FROM 'node':20@D"),
    "quotes around the tag": ('FROM node:"20"', 'FROM node:"20@D"'),
    "escaped character": ("FROM no\\de:20", "FROM no\\de:20@D"),
    "escape character of Windows": ("# escape=`\nFROM no`de:20 `\n AS x", "# escape=`\nFROM no`de:20@D `\n AS x"),
    "continuation": ("FROM \\\n  node:20 \\\n  AS x", "FROM \\\n  node:20@D \\\n  AS x"),
    "continuation after the tag": ("FROM node:20\\\n AS x", "FROM node:20@D\\\n AS x"),
    "continuation inside the name": ("FROM no\\\nde:20", "FROM no\\\nde:20@D"),
    "continuation inside the keyword": ("FR\\\nOM node:20", "FR\\\nOM node:20@D"),
    "continuation at the end": ("FROM node:20 \\\n", "FROM node:20@D \\\n"),
    "comment and blank line inside": ("FROM \\\n # FROM x\n\n node:20", "FROM \\\n # FROM x\n\n node:20@D"),
    "carriage returns": ("FROM node:20 \\\r\n AS x\r\nRUN y\r\n", "FROM node:20@D \\\r\n AS x\r\nRUN y\r\n"),
    "byte-order mark": ("\ufeffFROM node:20", "\ufeffFROM node:20@D"),
    "byte-order mark and directive": ("\ufeff# escape=`\nFROM node:20 `\n", "\ufeff# escape=`\nFROM node:20@D `\n"),
    # COPY --from.
    "copy": ("FROM a:1\nCOPY --from=b:1 /x /y", "FROM a:1@D\nCOPY --from=b:1@D /x /y"),
    "copy among other flags": (
        "FROM a:1\nCOPY --chown=1:1 --from=b:1 --link x y",
        "FROM a:1@D\nCOPY --chown=1:1 --from=b:1@D --link x y",
    ),
    "copy with quotes": ('FROM a:1\nCOPY --from="b:1" x y', 'FROM a:1@D\nCOPY --from="b:1@D" x y'),
    "copy with quotes in the flag": ("FROM a:1\nCOPY --'from'=b:1 x y", "FROM a:1@D\nCOPY --'from'=b:1@D x y"),
    "copy with JSON": ('FROM a:1\nCOPY --from=b:1 ["x", "y"]', 'FROM a:1@D\nCOPY --from=b:1@D ["x", "y"]'),
    "copy over several lines": (
        "FROM a:1\ncopy \\\n# c\n --from=b:1 \\\n x y",
        "FROM a:1@D\ncopy \\\n# c\n --from=b:1@D \\\n x y",
    ),
    "copy of a heredoc": (
        "FROM a:1\nCOPY --from=b:1 <<E /x\nFROM c\nE",
        "FROM a:1@D\nCOPY --from=b:1@D <<E /x\nFROM c\nE",
    ),
    # RUN --mount.
    "mount": ("FROM a:1\nRUN --mount=from=b:1,target=/x y", "FROM a:1@D\nRUN --mount=from=b:1@D,target=/x y"),
    "several mounts": (
        "FROM a:1\nRUN --mount=type=cache,target=/c --mount=from=b:1,target=/x --mount=target=/y,from=c y",
        "FROM a:1@D\nRUN --mount=type=cache,target=/c --mount=from=b:1@D,target=/x --mount=target=/y,from=c:latest@D y",
    ),
    "mount with a key in capitals": (
        "FROM a:1\nRUN --mount=FROM=b:1,target=/x y",
        "FROM a:1@D\nRUN --mount=FROM=b:1@D,target=/x y",
    ),
    "mount that says from twice": (
        "FROM a:1\nRUN --mount=from=b:1,from=c:1,target=/x y",
        "FROM a:1@D\nRUN --mount=from=b:1,from=c:1@D,target=/x y",
    ),
    "mount in quotes": (
        'FROM a:1\nRUN --mount="from=b:1,target=/x" y',
        'FROM a:1@D\nRUN --mount="from=b:1@D,target=/x" y',
    ),
    "mount with a quoted field": (
        "FROM a:1\nRUN --mount='type=bind,\"from=b:1\",target=/x' y",
        "FROM a:1@D\nRUN --mount='type=bind,\"from=b:1@D\",target=/x' y",
    ),
    "mount without arguments": (
        "FROM a:1\nRUN --mount=from=b:1,ro,required y",
        "FROM a:1@D\nRUN --mount=from=b:1@D,ro,required y",
    ),
    "mount over two lines": ("FROM a:1\nRUN --mount=ro,\\\nfrom=b:1 y", "FROM a:1@D\nRUN --mount=ro,\\\nfrom=b:1@D y"),
    "mount before a heredoc": (
        "FROM a:1\nRUN --mount=from=b:1 <<E\nFROM c\nE",
        "FROM a:1@D\nRUN --mount=from=b:1@D <<E\nFROM c\nE",
    ),
    # ONBUILD.
    "trigger": ("FROM a:1\nONBUILD COPY --from=b:1 x y", "FROM a:1@D\nONBUILD COPY --from=b:1@D x y"),
    "trigger with a mount": (
        "FROM a:1\nonbuild run --mount=from=b/c x",
        "FROM a:1@D\nonbuild run --mount=from=b/c:latest@D x",
    ),
    "bare name in a trigger that runs here": (
        "FROM a:1 AS x\nONBUILD COPY --from=b x y\nFROM x",
        "FROM a:1@D AS x\nONBUILD COPY --from=b:latest@D x y\nFROM x",
    ),
    "bare name in a trigger that runs here on one platform": (
        "FROM a:1 AS x-amd64\nONBUILD RUN --mount=from=b y\nFROM x-$TARGETARCH",
        "FROM a:1@D AS x-amd64\nONBUILD RUN --mount=from=b:latest@D y\nFROM x-$TARGETARCH",
    ),
    "bare name in a trigger of a stage that no other continues": (
        "FROM x:1\nFROM a:1 AS x\nONBUILD COPY --from=b x y\nFROM c:1",
        "FROM x:1@D\nFROM a:1@D AS x\nONBUILD COPY --from=b x y\nFROM c:1@D",
    ),
    "bare name in a trigger of the later of two stages of a name": (
        "FROM a:1 AS x\nFROM b:1 AS x\nONBUILD COPY --from=c x y\nFROM x",
        "FROM a:1@D AS x\nFROM b:1@D AS x\nONBUILD COPY --from=c x y\nFROM x",
    ),
    # The frontend.
    "syntax": ("# syntax=docker/dockerfile:1\nFROM a:1", "# syntax=docker/dockerfile:1@D\nFROM a:1@D"),
    "syntax without a tag": ("#syntax=docker/dockerfile\nFROM a:1", "#syntax=docker/dockerfile:latest@D\nFROM a:1@D"),
    "syntax with arguments": ("#  SYNTAX = x/y:1 --flag\nFROM a:1", "#  SYNTAX = x/y:1@D --flag\nFROM a:1@D"),
    "syntax after check": (
        "# check=skip=all\n# syntax=x/y:1\nFROM a:1",
        "# check=skip=all\n# syntax=x/y:1@D\nFROM a:1@D",
    ),
    "syntax after a shebang": ("#!/bin/x\n# syntax=x/y:1\nFROM a:1", "#!/bin/x\n# syntax=x/y:1@D\nFROM a:1@D"),
    "syntax after slashes": ("// syntax=x/y:1\nFROM a:1", "// syntax=x/y:1@D\nFROM a:1@D"),
    # Variables.
    "whole reference in an ARG": ("ARG BASE=node:20\nFROM ${BASE}", "ARG BASE=node:20@D\nFROM ${BASE}"),
    "whole reference without a tag": ("ARG BASE=node\nFROM $BASE", "ARG BASE=node:latest@D\nFROM $BASE"),
    "whole reference in quotes": ('ARG BASE="node:20"\nFROM ${BASE}', 'ARG BASE="node:20@D"\nFROM ${BASE}'),
    "quotes at both ends": ("ARG BASE='node:20'\nFROM \"${BASE}\"", "ARG BASE='node:20@D'\nFROM \"${BASE}\""),
    "one of several ARGs in a line": ("ARG A=x B=node:20 C\nFROM $B", "ARG A=x B=node:20@D C\nFROM $B"),
    "ARGs divided by a space that does not break": (
        "ARG B=node:18\nARG A=x\u00a0B=node:20\u2028C\nFROM $B",
        "ARG B=node:18\nARG A=x\u00a0B=node:20@D\u2028C\nFROM $B",
    ),
    "ARG over several lines": ("ARG A=x \\\n B=node:20\nFROM $B", "ARG A=x \\\n B=node:20@D\nFROM $B"),
    "ARG with something after it": ("ARG B=node:20 # renovate\nFROM $B", "ARG B=node:20@D # renovate\nFROM $B"),
    "tag in an ARG": ("ARG V=20\nFROM node:${V}", "ARG V=20@D\nFROM node:${V}"),
    "tag in quotes": ('ARG V="20"\nFROM node:$V', 'ARG V="20@D"\nFROM node:$V'),
    "name and tag": ("ARG N=node V=20\nFROM $N:$V", "ARG N=node V=20@D\nFROM $N:$V"),
    "name in two parts": ("ARG A=no B=de:20\nFROM $A$B", "ARG A=no B=de:20@D\nFROM $A$B"),
    "ARG shared by equal references": (
        "ARG V=20\nFROM node:$V AS x\nFROM node:${V}",
        "ARG V=20@D\nFROM node:$V AS x\nFROM node:${V}",
    ),
    "ARG shared by equal images": (
        "ARG V=20\nFROM node:$V AS x\nFROM docker.io/node:$V",
        "ARG V=20@D\nFROM node:$V AS x\nFROM docker.io/node:$V",
    ),
    "ARG of ARGs": ("ARG V=20\nARG BASE=node:${V}\nFROM $BASE", "ARG V=20@D\nARG BASE=node:${V}\nFROM $BASE"),
    "chain of ARGs": ("ARG A=20\nARG B=$A\nARG C=${B}\nFROM node:$C", "ARG A=20@D\nARG B=$A\nARG C=${B}\nFROM node:$C"),
    "ARG declared twice": ("ARG V=18\nARG V=20\nFROM node:$V", "ARG V=18\nARG V=20@D\nFROM node:$V"),
    "ARG declared again without a default": ("ARG V=20\nARG V\nFROM node:$V", "ARG V=20@D\nARG V\nFROM node:$V"),
    "ARG that another ARG reads to no effect": (
        "ARG V=20\nARG L=x-$V\nFROM node:$V",
        "ARG V=20@D\nARG L=x-$V\nFROM node:$V",
    ),
    "ARG of a platform": (
        "ARG P=linux/amd64\nFROM --platform=$P node:20",
        "ARG P=linux/amd64\nFROM --platform=$P node:20@D",
    ),
    "registry in an ARG": ("ARG R=quay.io/x\nFROM ${R}/node:20", "ARG R=quay.io/x\nFROM ${R}/node:20@D"),
    "registry that is empty": ("ARG R=\nFROM ${R}node:20", "ARG R=\nFROM ${R}node:20@D"),
    "registry with a default in place": (
        "ARG R\nFROM ${R:-docker.io}/node:20",
        "ARG R\nFROM ${R:-docker.io}/node:20@D",
    ),
    "registry that is optional": ("ARG R=quay.io\nFROM ${R:+$R/}node:20", "ARG R=quay.io\nFROM ${R:+$R/}node:20@D"),
    "variable that is declared nowhere": ("FROM node$X:20", "FROM node$X:20@D"),
    "variable that only a stage declares": ("FROM a:1\nARG X=y\nFROM b$X:1", "FROM a:1@D\nARG X=y\nFROM b$X:1@D"),
    "platform ARG with a default": (
        "ARG TARGETARCH=amd64\nFROM node-$TARGETARCH:20",
        "ARG TARGETARCH=amd64\nFROM node-$TARGETARCH:20@D",
    ),
    "reference as default": ("FROM ${V:-node:20}", "FROM ${V:-node:20@D}"),
    "tag as default": ("ARG V\nFROM node:${V-20}", "ARG V\nFROM node:${V-20@D}"),
    "tag as default in quotes": ('FROM node:${V:-"20"}', 'FROM node:${V:-"20@D"}'),
    "tag with its colon as default": ("FROM node${V:-:20}", "FROM node${V:-:20@D}"),
    "default of an empty ARG": ("ARG V=\nFROM node:${V:-20}", "ARG V=\nFROM node:${V:-20@D}"),
    "default that an ARG replaces": ("ARG V=18\nFROM node:${V:-20}", "ARG V=18@D\nFROM node:${V:-20}"),
    "default in a default": ("FROM node:${V:-${W:-20}}", "FROM node:${V:-${W:-20@D}}"),
    "variable in a default": ("ARG W=20\nFROM node:${V:-$W}", "ARG W=20@D\nFROM node:${V:-$W}"),
    "alternative behind a tag": ("ARG V=x\nFROM node:20${V:+-slim}", "ARG V=x\nFROM node:20${V:+-slim@D}"),
    "suffix of the tag": ("ARG S=-slim\nFROM node:20$S", "ARG S=-slim@D\nFROM node:20$S"),
    "alternative": ("ARG V=x\nFROM node${V:+:20}", "ARG V=x\nFROM node${V:+:20@D}"),
    "prefix cut off": ("ARG V=v20\nFROM node:${V#v}", "ARG V=v20@D\nFROM node:${V#v}"),
    "characters replaced": ("ARG V=20.1\nFROM node:${V/./_}", "ARG V=20.1@D\nFROM node:${V/./_}"),
    "all of a kind replaced": ("ARG V=20.1.2\nFROM node:${V//./_}", "ARG V=20.1.2@D\nFROM node:${V//./_}"),
    "name of the stage that is built, with a default": (
        "ARG TARGETSTAGE=20\nFROM node:$TARGETSTAGE",
        "ARG TARGETSTAGE=20@D\nFROM node:$TARGETSTAGE",
    ),
    "stage in an ARG": ("ARG S=x\nFROM a:1 AS x\nFROM $S", "ARG S=x\nFROM a:1@D AS x\nFROM $S"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_where_the_digest_goes(name: str) -> None:
    before, after = WRITTEN[name]
    assert pin(before) == after


@pytest.mark.parametrize("name", WRITTEN)
def test_a_second_time_changes_nothing(name: str) -> None:
    _, after = WRITTEN[name]
    assert pin(after) == after


@pytest.mark.parametrize("name", WRITTEN)
def test_the_digest_can_be_taken_away_again(name: str) -> None:
    before, after = WRITTEN[name]
    tagged = after.replace("@D", "")
    if "@D" not in before:
        assert unpin(after) == tagged


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_what_is_read(name: str) -> None:
    before, after = reading(WRITTEN[name][0]), reading(WRITTEN[name][1])
    assert (before.problems, after.problems) == ((), ())
    assert [each.context for each in after.occurrences] == [each.context for each in before.occurrences]
    for each in after.occurrences:
        assert isinstance(each.target, Reference)
        assert each.target.digest == DIGEST


# The fields of an occurrence.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM node:20", "node:20"),
        ('FROM "node:20"', "node:20"),
        ("FROM 'node':20", "'node':20"),
        ("FROM no\\\nde:20", "node:20"),
        ("ARG B=node:20\nFROM $B", "node:20"),
        ('ARG B="node:20"\nFROM $B', "node:20"),
        ("ARG V=20\nFROM node:${V}", "node:${V}"),
        ("FROM ${V:-node:20}", "${V:-node:20}"),
        ("# syntax=x/y:1 z\nFROM scratch", "x/y:1"),
        ("FROM scratch\nCOPY --from='x' y z", "x"),
        ("FROM café/x", "café/x"),
    ],
)
def test_the_text_is_as_it_is_written(text: str, expected: str) -> None:
    assert only(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM node:20", (1, 6, 1, 13)),
        ("\ufeffFROM node:20", (1, 6, 1, 13)),
        ("# é😀\n\tFROM 'node:20'", (2, 8, 2, 15)),
        ("FROM no\\\nde:20", (1, 6, 2, 6)),
        ("ARG B=node:20\n\nFROM $B", (1, 7, 1, 14)),
        ("LABEL é=ü\r\nFROM scratch\r\nCOPY --chown=ö --from=x y z", (3, 23, 3, 24)),
    ],
)
def test_the_place_counts_code_points(text: str, expected: tuple[int, int, int, int]) -> None:
    assert tuple(only(text).where) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a:1", None),
        ("FROM --platform=linux/arm64 a:1", "linux/arm64"),
        ("FROM --platform='linux/arm/v7' a:1", "linux/arm/v7"),
        ("FROM --platform=$BUILDPLATFORM a:1", None),
        ("ARG P=linux/amd64\nFROM --platform=$P a:1", None),
        ("FROM --platform= a:1", None),
        ("FROM scratch\nCOPY --from=a:1 b c", None),
    ],
)
def test_a_platform_is_one_that_is_written(text: str, expected: str | None) -> None:
    assert only(text).platform == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG V=20\nFROM node:$V@D", "V"),
        ("ARG V=20\nFROM node:${V}-slim@D", "V"),
        ("ARG A=20\nARG B=$A\nFROM node:$B@D", "A"),
        ("FROM node:${V:-20}@D", None),
        ("ARG V\nFROM node:${V:-20}@D", "V"),
        ("ARG R=quay.io\nFROM $R/node:20@D", None),
        ("ARG N=node\nFROM $N:20@D", None),
        ("ARG V=20@D\nFROM node:$V", None),
        ("ARG V=node:20@D\nFROM $V", None),
        ("ARG V=20 D=@D\nFROM node:$V$D", "V"),
        ("FROM node:20@D", None),
    ],
)
def test_a_variable_that_a_digest_switches_off_is_named(text: str, expected: str | None) -> None:
    assert only(text).dead_variable == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM node:20@D", "FROM node:20"),
        ("FROM node@D AS x", "FROM node AS x"),
        ("FROM node:latest@D", "FROM node:latest"),
        ("ARG V=20@D\nFROM node:$V", "ARG V=20\nFROM node:$V"),
        ("ARG V=20\nFROM node:${V}-slim@D", "ARG V=20\nFROM node:${V}-slim"),
        ("FROM node:20@D\nCOPY --from='x:1@D' y z", "FROM node:20\nCOPY --from='x:1' y z"),
        ("FROM node:20@sha512:" + "0" * 128, "FROM node:20"),
    ],
)
def test_unpinning(text: str, expected: str) -> None:
    assert unpin(text) == expected


def test_a_digest_in_an_argument_of_its_own_cannot_be_taken_away() -> None:
    with pytest.raises(AssertionError, match="the second reading differs"):
        unpin(f"ARG D={DIGEST}\nFROM node:20@$D")


def test_a_digest_over_two_lines_cannot_be_replaced() -> None:
    occurrence = only(f"FROM node:20@{DIGEST[:20]}\\\n{DIGEST[20:]}")
    assert occurrence.place is None
    assert "the digest is not in one piece" in str(occurrence.unwritable)
