"""Generated Dockerfiles that BuildKit would accept, with the places in them that name an image."""

from typing import NamedTuple

from hypothesis import strategies as st

TAGGED = ("node:20", "ghcr.io/a/b:1", "docker.io/library/x:latest", "a/b:v1.2-x_y")
UNTAGGED = ("node", "localhost:5000/c")
KINDS = ("noise", "comment", "run", "heredoc", "copy", "mount", "trigger", "bare trigger")
_NAMES = ("one", "two", "three")
_NOISE = (
    "RUN echo FROM x",
    'LABEL a="FROM x"',
    "ENV A=b",
    "WORKDIR /from",
    "USER größe",
    "ONBUILD RUN echo --from=builder",
    "COPY x y",
)
# What ends a heredoc: names, and whole lines that would be instructions anywhere else.
_TERMINATORS = ("EOF", "E_1", "FROM", "RUN", "FROM x", "USER a", "WORKDIR /", "ARG A=1", "COPY --from=x y z")
_COMMENTS = ("# FROM x", "", "  # COPY --from=x y z", " \t ")


class Place(NamedTuple):
    """A place that names an image: the context and the text of its occurrence."""

    context: str
    text: str


class Noted(NamedTuple):
    """A place, and what makes it one: an ARG that is used, a trigger that runs in a later stage of the file."""

    place: Place
    argument: str | None = None
    trigger_of: int | None = None


class Generated(NamedTuple):
    """A Dockerfile and its places in the order of the file."""

    data: bytes
    places: list[Place]


@st.composite
def dockerfiles(
    draw: st.DrawFn, images: tuple[str, ...] = (*TAGGED, *UNTAGGED), kinds: tuple[str, ...] = KINDS
) -> Generated:
    """Stages, ARGs, heredocs, triggers, comments, continuations, mounts; both line ends, with and without the last."""
    writer = _Writer(draw, images, kinds)
    writer.head()
    for _ in range(draw(st.integers(1, 4))):
        writer.stage()
    text = draw(st.sampled_from(["\n", "\r\n"])).join("\n".join([*writer.lines, ""]).split("\n"))
    text = draw(st.sampled_from(["", "", "\ufeff"])) + (text if draw(st.booleans()) else text.rstrip("\r\n"))
    return Generated(text.encode(), [noted.place for noted in writer.places if writer.counts(noted)])


class _Writer:
    """Writes a Dockerfile line by line, each in a form that is drawn for it."""

    def __init__(self, draw: st.DrawFn, images: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        self.draw = draw
        self.images = images
        self.kinds = kinds
        self.escape = self.pick("\\", "\\", "`")
        self.lines: list[str] = []
        self.places: list[Noted] = []
        self.arguments: set[str] = set()
        self.used: set[str] = set()
        self.stages: list[str] = []
        self.bases: list[str] = []

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def head(self) -> None:
        if self.escape == "`" or self.draw(st.booleans()):
            self.lines.append(self.pick("# escape=", "#ESCAPE =  ") + self.escape)
        if self.draw(st.booleans()):
            self.lines.append(f"# syntax={self.image('# syntax')}{self.pick('', ' --x')}")
        for name in self.draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=3)):
            image, quote = self.image("FROM", name), self.pick("", "'", '"')
            self.lines.append(
                f"{self.pick('ARG', 'arg')}{self.gap()}{name}={quote}{image}{quote}{self.pick('', ' x=y')}"
            )
            self.lines.append(self.pick(*_COMMENTS))
            self.arguments.add(name)

    def stage(self) -> None:
        platform = self.pick("", "", "--platform=linux/arm64", "--platform=$BUILDPLATFORM")
        name = self.pick("", *_NAMES)
        base = self.base()
        self.bases.append(base)
        words = [self.pick("FROM", "from", " FROM"), platform, base, self.pick("AS", "as") if name else "", name]
        self.lines.append(self.gap().join(filter(None, words)))
        for _ in range(self.draw(st.integers(0, 4))):
            self.lines += self.instruction()
        self.stages.append(name)

    def base(self) -> str:
        """An image, an earlier stage, an ARG that holds an image, a default in place, or scratch."""
        kind = self.pick("image", "image", "stage", "stage", "argument", "default", "scratch")
        if kind == "stage" and any(self.stages):
            return self.pick(*filter(None, self.stages))
        if kind == "argument" and self.arguments:
            name = self.pick(*sorted(self.arguments))
            self.used.add(name)
            return self.pick("$" + name, "${" + name + "}", f'"${name}"')
        if kind == "default":
            image = self.pick(*self.images)
            self.places.append(Noted(Place("FROM", "${none:-" + image + "}")))
            return "${none:-" + image + "}"
        if kind == "scratch":
            return "scratch"
        quote = self.pick("", "'", '"')
        return f"{quote}{self.broken(self.image('FROM'))}{quote}"

    def instruction(self) -> list[str]:
        kind = self.pick(*self.kinds)
        match kind:
            case "comment":
                return [self.pick(*_COMMENTS)]
            case "run":
                return [f"RUN x{self.gap()}&&{self.gap()}FROM y{self.gap()}z"]
            case "heredoc":
                return self.heredocs()
            case "copy":
                return [f"{self.pick('COPY', 'copy')}{self.gap()}--from={self.source('COPY --from')}{self.gap()}x y"]
            case "mount":
                first, second = self.source("RUN --mount"), self.source("RUN --mount")
                flags = f"--mount=type=bind,from={first},target=/x{self.gap()}--mount=From={second}"
                return [f"RUN{self.gap()}{flags}{self.gap()}y --mount=from=z"]
            case "trigger":
                image = f"ghcr.io/{self.pick('d', 'e')}:1"
                self.places.append(Noted(Place("ONBUILD COPY --from", image)))
                return [f"ONBUILD{self.gap()}COPY --from={image} x y"]
            case "bare trigger":
                return [f"ONBUILD{self.gap()}{self.trigger()}"]
        return [self.pick(*_NOISE)]

    def heredocs(self) -> list[str]:
        """One to three heredocs on a line, and their bodies, of which no line ends them before their terminators."""
        opened, bodies = [], []
        for name in self.draw(st.lists(st.sampled_from(_TERMINATORS), min_size=1, max_size=3)):
            dash = self.pick("", "-")
            opened.append(self.pick("", "", "3") + f"<<{dash}{self.quoted(name)}")
            lines = (f"FROM x {self.escape}", "# y", f" {name}", f"{name} ", f"{name}y", f"'{name}'", "RUN <<EOF", "")
            bodies += self.draw(st.lists(st.sampled_from(lines), max_size=3))
            bodies.append((self.pick("", "\t", "\t\t") if dash else "") + name)
        command = self.pick("RUN", "RUN cat", "COPY", "ADD --chown=a", "ONBUILD RUN", "ONBUILD COPY", "run")
        # A COPY of several files goes into a folder.
        return [f"{command}{self.gap()}{' '.join(opened)} /x/", *bodies]

    def quoted(self, name: str) -> str:
        """A terminator as a word of the shell: in quotes, with escapes, or as it is."""
        escaped = "".join(f"\\{char}" for char in name)
        half = f"{name[:2]}'{name[2:]}'"
        return self.pick(f"'{name}'", f'"{name}"', name.replace(" ", "\\ "), escaped, half)

    def trigger(self) -> str:
        """A trigger with a bare name: an image if it runs in a later stage of the file, in which it is no stage."""
        bare = [image for image in self.images if image.isalpha()]
        name, kind = self.pick(*bare, *_NAMES), self.pick("COPY", "RUN", "ADD")
        if kind == "ADD" or not bare:
            return f"ADD {name} y"
        context = "ONBUILD COPY --from" if kind == "COPY" else "ONBUILD RUN --mount"
        self.places.append(Noted(Place(context, name), trigger_of=len(self.stages)))
        return f"COPY --from={name} x y" if kind == "COPY" else f"RUN --mount=type=bind,from={name},target=/x y"

    def counts(self, noted: Noted) -> bool:
        """Tell whether a place names an image, now that the file is written."""
        if noted.argument is not None:
            return noted.argument in self.used
        if noted.trigger_of is None:
            return True
        later = (self.stages.index(base) for base in self.bases[noted.trigger_of + 1 :] if base in self.stages)
        return noted.place.text not in self.stages and noted.trigger_of in later

    def source(self, context: str) -> str:
        """An image, or a stage."""
        if any(self.stages) and self.draw(st.booleans()):
            return self.pick(*filter(None, self.stages)).title()
        return self.broken(self.image(context))

    def image(self, context: str, argument: str | None = None) -> str:
        """An image whose place counts if the ARG that it is written in, if any, is used."""
        image = self.pick(*self.images)
        self.places.append(Noted(Place(context, image), argument))
        return image

    def gap(self) -> str:
        """White space between words, over several lines now and then."""
        end = f" {self.escape}\n"
        return self.pick(" ", " ", " ", "  ", "\t", end, f"{end}  ", f"{end}# FROM x {self.escape}\n\n \t\n ")

    def broken(self, image: str) -> str:
        """An image's name, continued in the next line now and then."""
        if self.draw(st.integers(0, 9)):
            return image
        at = self.draw(st.integers(1, len(image) - 1))
        return f"{image[:at]}{self.escape}\n{image[at:]}"
