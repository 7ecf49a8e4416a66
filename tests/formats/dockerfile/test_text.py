"""What in a Dockerfile only looks like a reference, and comments that speak to pinner."""

import pytest

from pinner.model.occurrence import Invalid
from tests.support.dockerfiles import only, pin, reading
from tests.support.pinning import DIGEST

# What only looks like a reference.

NOTHING = {
    "comment": "# FROM x",
    "indented comment": "   # FROM x",
    "comment inside an instruction": "RUN x \\\n# FROM x\n y",
    "comment inside an instruction, indented": "RUN x \\\n   # COPY --from=x y z\n y",
    "comment that seems to continue": "# x \\",
    "line of an instruction": "RUN x && \\\nFROM x",
    "line after a blank one": "RUN x && \\\n\n   FROM x \\\n y",
    "line after blanks behind the backslash": "RUN x \\   \nFROM x",
    "heredoc": "RUN <<EOF\nFROM x\nEOF",
    "heredoc with a space": "RUN cat << EOF\nFROM x\nEOF",
    "heredoc with tabs": "RUN <<-EOF\n\tFROM x\n\tEOF",
    "heredoc with a file descriptor": "RUN cat 3<<EOF\nFROM x\nEOF",
    "heredoc in quotes": "RUN <<'E O F'\nFROM x\nE O F",
    "heredoc in double quotes": 'RUN <<"EOF" cat\nFROM x\nEOF',
    "heredoc of a letter that is no ASCII": "RUN <<finà\nFROM x\nfinà",
    "heredoc named by a variable": "RUN <<${X}\nFROM x\n${X}",
    "heredoc that goes on": "RUN <<EOF \\\n  cat\nFROM x\nEOF",
    "heredoc whose line ends in a backslash": "RUN <<EOF\nFROM x \\\nEOF",
    "heredoc with a line like its end": "RUN <<EOF\n# EOF\nEOF \nFROM x\nEOF",
    "heredoc with carriage returns": "RUN <<EOF\r\nFROM x\r\nEOF\r",
    "heredoc in capitals of another kind": "run <<eof\nFROM x\neof",
    "two heredocs": "RUN <<A cat && <<B cat\nFROM x\nA\nFROM y\nB",
    "heredoc of COPY": "COPY <<EOF /x\nFROM x\nEOF",
    "heredoc of ADD": "ADD <<EOF /x\nFROM x\nEOF",
    "heredoc of a trigger": "ONBUILD RUN <<EOF\nFROM x\nEOF",
    "heredoc behind a mount": "RUN --mount=type=cache,target=/x <<EOF\nCOPY --from=x y z\nEOF",
    "string over two lines": 'LABEL x="y \\\nFROM x"',
    "LABEL": 'LABEL x="FROM x"',
    "ENV": "ENV X=x:1 FROM=y",
    "MAINTAINER": "MAINTAINER FROM x",
    "CMD": 'CMD ["FROM", "x"]',
    "ENTRYPOINT": "ENTRYPOINT FROM x",
    "RUN with docker": "RUN docker run x:1",
    "RUN with JSON": 'RUN ["x", \\\n "FROM y"]',
    "VOLUME": "VOLUME /from",
    "ARG that nothing uses": "ARG X=y:1",
    "ARG that RUN uses": "ARG X=y:1\nRUN docker pull $X",
    "COPY from a stage": "COPY --from=stage x y",
    "COPY from a stage in capitals": "COPY --from=STAGE x y",
    "COPY from a stage by number": "COPY --from=0 x y",
    "COPY from a stage by a longer number": "COPY --from=000 x y",
    "COPY from scratch": "COPY --from=scratch x y",
    "COPY from nothing": "COPY --from= x y",
    "COPY with the flag too late": "COPY x --from=y z",
    "COPY with the flag in quotes": "COPY '--from=x' y z",
    "COPY of a file": "COPY x:1 y",
    "ADD of a picture's name": "ADD https://example.com/x:1 y",
    "mount from a stage": "RUN --mount=from=stage,target=/x y",
    "mount from a stage in capitals": "RUN --mount=from=Stage,target=/x y",
    "mount of a cache": "RUN --mount=type=cache,target=/x y",
    "mount of a secret": "RUN --mount=type=secret,id=x,target=/from=y z",
    "mount with an empty source": "RUN --mount=from=,target=/x y",
    "mount that the command has": "RUN x --mount=from=y,target=/z",
    "source that is no from": "RUN --mount=type=bind,source=from=x,target=/y z",
    "trigger with a bare name": "ONBUILD COPY --from=builder x y",
    "trigger with a number": "ONBUILD COPY --from=0 x y",
    "trigger with a mount of a bare name": "ONBUILD RUN --mount=from=builder x",
    "trigger of something else": "ONBUILD RUN docker pull x:1",
    "syntax after an instruction": "# syntax=x/y:1",
    "next stage": "FROM stage",
    "next stage by a variable": "FROM ${X:-stage}",
    "next stage in quotes": 'FROM "stage" AS next',
    "scratch": "FROM scratch",
    "scratch in quotes": "FROM 'scratch'",
    "scratch by a variable": "FROM ${X:-scratch}",
    "stage for each architecture": "FROM scratch AS x-amd64\nFROM scratch AS x-arm64\nFROM x-$TARGETARCH",
    "stage for each system": "FROM scratch AS x-linux\nFROM x-${TARGETOS}",
    "stage for each platform": "FROM scratch AS x-linux-arm64\nFROM x-$TARGETOS-$TARGETARCH",
    "stage for each variant": "FROM scratch AS x-armv7\nFROM x-$TARGETARCH$TARGETVARIANT",
    "stage for the builder": "FROM scratch AS x-amd64\nFROM x-${BUILDARCH}",
    "HEALTHCHECK": "HEALTHCHECK CMD docker inspect x:1",
    "SHELL": 'SHELL ["FROM", "x"]',
    "tag of a heredoc that is none": "RUN cat <<<EOF",
    "heredoc in a string": 'RUN echo "<<EOF"',
    "heredoc in JSON": 'RUN ["echo", "<<EOF"]',
    "heredoc without a name": 'RUN cat <<""',
    "heredoc behind a letter": "RUN echo à<<EOF",
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_only_looks_like_a_reference(name: str) -> None:
    text = f"FROM a:1@D AS stage\nFROM scratch\n{NOTHING[name]}\nFROM b:1@D\n"
    found = reading(text)
    assert found.problems == ()
    assert [each.text for each in found.occurrences] == [f"a:1@{DIGEST}", f"b:1@{DIGEST}"]
    assert pin(text) == text


# Comments that speak to pinner.

IGNORED = {
    "above": "# pinner: ignore[unpinned] why\nFROM a",
    "above, indented": "\t#pinner:ignore\nFROM a",
    "above another comment": "# pinner: ignore\n# note\n\t# note\nFROM a",
    "above an instruction over several lines": "# pinner: ignore\nFROM \\\n  a \\\n  AS x",
    "inside an instruction": "FROM \\\n# pinner: ignore\n# note\n  a AS x",
    "above the ARG that holds the reference": "# pinner: ignore\nARG B=a:1\nFROM $B",
    "above the FROM that uses an ARG": "ARG V=1\n# pinner: ignore\nFROM a:$V",
    "below the directive": "# syntax=a\n# pinner: ignore[unpinned]\nFROM scratch",
    "with carriage returns": "# pinner: ignore why\r\nFROM a\r\n",
    "after a byte-order mark": "\ufeff# pinner: ignore\nFROM a",
}

NOT_IGNORED = {
    "behind a blank line": "# pinner: ignore\n\nFROM a",
    "above another instruction": "# pinner: ignore\nARG X\nFROM a",
    "behind FROM, where it is no comment": "FROM a AS x\nRUN x # pinner: ignore",
    "below": "FROM a\n# pinner: ignore",
    "below, inside": "FROM a \\\n# pinner: ignore\n AS x",
    "in a heredoc": "FROM scratch\nRUN <<EOF\n# pinner: ignore\nEOF\nCOPY --from=a b c",
    "at the end of a heredoc": "FROM scratch\nRUN <<EOF\n# pinner: ignore\nEOF\nCOPY --from=a b c",
    "another word": "# pinner said so\nFROM a",
    "in capitals": "# PINNER: IGNORE\nFROM a",
    "in another comment": "# use pinner: ignore here\nFROM a",
    "above the FROM, while the reference stands in the ARG": "ARG B=a:1\n# pinner: ignore\nFROM $B",
}


@pytest.mark.parametrize("name", IGNORED)
def test_a_comment_speaks_for_what_is_below(name: str) -> None:
    assert len(only(IGNORED[name]).suppressions) == 1


@pytest.mark.parametrize("name", NOT_IGNORED)
def test_a_comment_elsewhere_does_not(name: str) -> None:
    assert only(NOT_IGNORED[name]).suppressions == ()


def test_a_comment_inside_speaks_for_one_line() -> None:
    lines = ["RUN --mount=from=a \\", " # pinner: ignore", " --mount=from=b --mount=from=c \\", " --mount=from=d x"]
    text = "\n".join(["FROM scratch", *lines])
    ignored = [each.text for each in reading(text).occurrences if each.suppressions]
    assert ignored == ["b", "c"]


def test_what_a_comment_says() -> None:
    (suppression,) = reading("FROM a\n  # pinner: ignore[unpinned, floating-tag]  the é image \nFROM b").suppressions
    assert suppression.rules == ("unpinned", "floating-tag")
    assert suppression.reason == "the é image"
    assert tuple(suppression.where) == (2, 3, 2, 57)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("größe:1", "invalid reference format"),
        ("Größe:1", "invalid reference format: repository name (library/Größe) must be lowercase"),
    ],
)
def test_what_is_no_reference_is_told_in_its_own_letters(name: str, reason: str) -> None:
    assert only(f"FROM {name}").target == Invalid(reason)
