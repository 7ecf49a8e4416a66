"""`FROM base-$TARGETARCH`: build stages for platforms, and what is pulled where there is none."""

from pathlib import Path

import pytest

from tests.support.command import pinner

STAGES = "FROM scratch AS x-amd64\nFROM scratch AS x-arm64\n"
PULLED = "names no earlier build stage, so BuildKit pulls an image of that name on"
NOTED = (
    "is a build stage on linux/amd64, linux/arm64, windows/amd64 and windows/arm64, and an image of that name is "
    "pulled on others: name those that you build for as platforms in the configuration"
)
EVERY = "".join(f"FROM scratch AS x-{each}\n" for each in "amd64 arm64 arm 386 ppc64le s390x riscv64".split())
CASES: dict[str, tuple[str, list[str], list[tuple[str, str]]]] = {
    "each has one": (f"{STAGES}FROM x-$TARGETARCH", ["linux/amd64", "linux/arm64"], []),
    "each has one, with its variant": (f"{STAGES}FROM x-$TARGETARCH", ["linux/arm64/v8"], []),
    "none is configured": (f"{STAGES}FROM x-$TARGETARCH", [], [("note", f"x-$TARGETARCH {NOTED}")]),
    "one note for two places": (
        f"{STAGES}FROM x-$TARGETARCH\nFROM x-$TARGETARCH",
        [],
        [("note", f"x-$TARGETARCH {NOTED}")],
    ),
    "all platforms have one": (f"{EVERY}FROM x-$TARGETARCH", [], []),
    "one has none": (
        f"{STAGES}FROM x-$TARGETARCH",
        ["linux/amd64", "linux/s390x"],
        [("error", f"x-s390x {PULLED} linux/s390x")],
    ),
    "none has one": (
        f"{STAGES}FROM x-$TARGETARCH",
        ["linux/s390x", "linux/mips64le"],
        [("error", f"x-s390x {PULLED} linux/s390x"), ("error", f"x-mips64le {PULLED} linux/mips64le")],
    ),
    "an unusual one": (f"{STAGES}FROM x-$TARGETARCH", ["plan9/386"], [("error", f"x-$TARGETARCH {PULLED} plan9/386")]),
    "one image for two platforms": (
        "FROM scratch AS x-windows\nFROM scratch AS x-linux\nFROM x-$TARGETOS",
        ["freebsd/amd64", "freebsd/arm64"],
        [("error", f"x-freebsd {PULLED} freebsd/amd64 and freebsd/arm64")],
    ),
    "inline": ("", ["linux/s390x"], [("error", f"x-s390x {PULLED} linux/s390x")]),
    "a comment": (f"{STAGES}# pinner: ignore[not-an-image] never built\nFROM x-$TARGETARCH", ["linux/s390x"], []),
    "a comment for the file": (f"# pinner: ignore-file[not-an-image] x\n{STAGES}FROM x-$TARGETARCH", [], []),
}


@pytest.mark.parametrize("name", CASES)
def test_stages_for_platforms(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, platforms, expected = CASES[name]
    monkeypatch.chdir(tmp_path)
    Path("pinner.toml").write_text(f"platforms = {platforms}")
    if text:
        Path("Dockerfile").write_text(f"{text}\n")
    else:
        lines = f"{STAGES}FROM x-$$TARGETARCH".replace("\n", "\n        ")
        Path("compose.yaml").write_text(f"services:\n  a:\n    build:\n      dockerfile_inline: |\n        {lines}\n")
    run = pinner("check", "--format", "json", ".")
    assert [(each["severity"], each["message"]) for each in run.document["findings"]] == expected
    assert {each["rule"] for each in run.document["findings"]} <= {"not-an-image"}
    assert run.document["summary"]["references"] == 0
    assert run.code == int(any(severity == "error" for severity, _ in expected))


def test_no_stage_at_all_is_opaque(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pinner.toml").write_text('platforms = ["linux/amd64"]')
    Path("Dockerfile").write_text("FROM scratch AS y-amd64\nFROM x-$TARGETARCH\n")
    assert pinner("check", "--format", "json", ".").rules == ["opaque-reference"]


def test_a_build_of_a_service_makes_no_second_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text("services: {a: {build: {context: ., args: {X: y}}}, b: {build: .}}")
    Path("Dockerfile").write_text(f"ARG X\n{STAGES}FROM x-$TARGETARCH\n")
    assert pinner("check", "--format", "json", ".").rules == ["not-an-image"]
