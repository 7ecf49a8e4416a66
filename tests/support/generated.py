"""Generated Dockerfiles that BuildKit would accept, with the places in them that name an image."""

from typing import NamedTuple

from hypothesis import strategies as st

TAGGED = ("node:20", "ghcr.io/a/b:1", "docker.io/library/x:latest", "a/b:v1.2-x_y")
UNTAGGED = ("node", "localhost:5000/c")
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
_COMMENTS = ("# FROM x", "", "  # COPY --from=x y z", " \t ")


class Place(NamedTuple):
    """A place that names an image: the context and the text of its occurrence."""

    context: str
    text: str


class Generated(NamedTuple):
    """A Dockerfile and its places in the order of the file."""

    data: bytes
    places: list[Place]


@st.composite
def dockerfiles(draw: st.DrawFn, images: tuple[str, ...] = (*TAGGED, *UNTAGGED)) -> Generated:
    """Stages, ARGs, heredocs, comments, continuations and mounts; both line ends, with and without the last."""
    writer = _Writer(draw, images)
    writer.head()
    for _ in range(draw(st.integers(1, 4))):
        writer.stage()
    text = draw(st.sampled_from(["\n", "\r\n"])).join("\n".join([*writer.lines, ""]).split("\n"))
    text = draw(st.sampled_from(["", "", "\ufeff"])) + (text if draw(st.booleans()) else text.rstrip("\r\n"))
    places = [place for place, arguments in writer.places if arguments <= writer.used]
    return Generated(text.encode(), places)


class _Writer:
    """Writes a Dockerfile line by line, each in a form that is drawn for it."""

    def __init__(self, draw: st.DrawFn, images: tuple[str, ...]) -> None:
        self.draw = draw
        self.images = images
        self.escape = self.pick("\\", "\\", "`")
        self.lines: list[str] = []
        self.places: list[tuple[Place, set[str]]] = []
        self.arguments: set[str] = set()
        self.used: set[str] = set()
        self.stages: list[str] = []

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
        words = [self.pick("FROM", "from", " FROM"), platform, self.base(), self.pick("AS", "as") if name else "", name]
        self.lines.append(self.gap().join(filter(None, words)))
        for _ in range(self.draw(st.integers(0, 4))):
            self.lines += self.instruction()
        self.stages.append(name)

    def base(self) -> str:
        """An image, an earlier stage, an ARG that holds an image, a default in place, or scratch."""
        kind = self.pick("image", "image", "stage", "argument", "default", "scratch")
        if kind == "stage" and any(self.stages):
            return self.pick(*filter(None, self.stages))
        if kind == "argument" and self.arguments:
            name = self.pick(*sorted(self.arguments))
            self.used.add(name)
            return self.pick("$" + name, "${" + name + "}", f'"${name}"')
        if kind == "default":
            image = self.pick(*self.images)
            self.places.append((Place("FROM", "${none:-" + image + "}"), set()))
            return "${none:-" + image + "}"
        if kind == "scratch":
            return "scratch"
        quote = self.pick("", "'", '"')
        return f"{quote}{self.broken(self.image('FROM'))}{quote}"

    def instruction(self) -> list[str]:
        kind = self.pick("noise", "comment", "run", "heredoc", "copy", "mount", "trigger")
        match kind:
            case "comment":
                return [self.pick(*_COMMENTS)]
            case "run":
                return [f"RUN x{self.gap()}&&{self.gap()}FROM y{self.gap()}z"]
            case "heredoc":
                name = self.pick("EOF", "E_1")
                return [f"RUN{self.gap()}<<{self.pick(name, repr(name))}", f"FROM x {self.escape}", "# y", name]
            case "copy":
                return [f"{self.pick('COPY', 'copy')}{self.gap()}--from={self.source('COPY --from')}{self.gap()}x y"]
            case "mount":
                first, second = self.source("RUN --mount"), self.source("RUN --mount")
                flags = f"--mount=type=bind,from={first},target=/x{self.gap()}--mount=From={second}"
                return [f"RUN{self.gap()}{flags}{self.gap()}y --mount=from=z"]
            case "trigger":
                image = f"ghcr.io/{self.pick('d', 'e')}:1"
                self.places.append((Place("ONBUILD COPY --from", image), set()))
                return [f"ONBUILD{self.gap()}COPY --from={image} x y"]
        return [self.pick(*_NOISE)]

    def source(self, context: str) -> str:
        """An image, or a stage."""
        if any(self.stages) and self.draw(st.booleans()):
            return self.pick(*filter(None, self.stages)).title()
        return self.broken(self.image(context))

    def image(self, context: str, argument: str | None = None) -> str:
        """An image whose place counts if the ARG that it is written in, if any, is used."""
        image = self.pick(*self.images)
        self.places.append((Place(context, image), {argument} if argument else set()))
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
