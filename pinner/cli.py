"""The command line: flags in, Settings out."""

from collections.abc import Callable
from typing import Annotated, Literal

import typer

from pinner import commands
from pinner.config import load
from pinner.errors import ExitCode, UsageError
from pinner.finding import Severity

app = typer.Typer(
    name="pinner",
    help="Keep container image references pinned to digests.",
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or nothing to check, 3 something could not be checked.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Level = Literal["error", "warning", "note"]
Format = Literal["text", "concise", "json"]
ListFormat = Literal["text", "json"]
When = Literal["auto", "always", "never"]

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders, or - for standard input. Default: this folder."),
]
FormatOption = Annotated[Format | None, typer.Option("--format", help="How to write the report.")]
ListFormatOption = Annotated[ListFormat | None, typer.Option("--format", help="How to write the result.")]
FailOnOption = Annotated[Level | None, typer.Option("--fail-on", help="The lowest severity that exits 1.")]
DiffOption = Annotated[bool | None, typer.Option("--diff", help="Print a diff for git apply; write nothing.")]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Leave files out, in the syntax of .gitignore. Repeatable."),
]
StdinOption = Annotated[
    str | None, typer.Option("--stdin-filename", metavar="NAME", help="What standard input is: decides its format.")
]
MirrorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mirror",
        metavar="HOST=URL[/PREFIX]",
        help="Ask URL for the images of HOST; * is any other host. Repeatable.",
    ),
]
InsecureOption = Annotated[
    list[str] | None,
    typer.Option("--insecure", metavar="HOST", help="Allow plain HTTP and any certificate. Repeatable."),
]
CaFileOption = Annotated[
    str | None, typer.Option("--ca-file", metavar="FILE", help="Trust the certificates in this PEM file, too.")
]
JobsOption = Annotated[int | None, typer.Option("--jobs", min=1, max=256, help="Requests at once. Default: 16.")]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="For one request. Default: 30.")
]
VerifyOption = Annotated[
    bool | None,
    typer.Option("--verify", help="Fetch the content and check its digest. Counts as a pull on Docker Hub."),
]
ColorOption = Annotated[When | None, typer.Option("--color", help="When to use colour. Default: auto.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say what registries are asked.")]


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Keep container image references pinned to digests.

    Reads Dockerfiles and Compose files at every place that pulls an image, asks the registry for the
    digest of the tag's index, and writes name:tag@sha256:... without changing any other byte.
    """
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"pinner {version_of('digest-pinner')}")
        raise typer.Exit


@app.command()
def check(
    paths: PathsArgument = None,
    format: FormatOption = None,
    fail_on: FailOnOption = None,
    exclude: ExcludeOption = None,
    stdin_filename: StdinOption = None,
    color: ColorOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Report images that are not pinned. Offline: asks no registry and writes nothing."""
    _run(
        lambda: commands.check(
            paths or [],
            load(
                format=format,
                fail_on=_severity(fail_on),
                exclude=_tuple(exclude),
                stdin_filename=stdin_filename,
                color=color,
                verbosity=verbose - quiet,
            ),
        )
    )


@app.command()
def pin(
    paths: PathsArgument = None,
    diff: DiffOption = None,
    format: FormatOption = None,
    fail_on: FailOnOption = None,
    exclude: ExcludeOption = None,
    stdin_filename: StdinOption = None,
    verify: VerifyOption = None,
    mirror: MirrorOption = None,
    insecure: InsecureOption = None,
    ca_file: CaFileOption = None,
    jobs: JobsOption = None,
    timeout: TimeoutOption = None,
    color: ColorOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Add the missing digests. Images that are pinned already stay as they are."""
    _run(
        lambda: commands.pin(
            paths or [],
            load(
                diff=diff,
                format=format,
                fail_on=_severity(fail_on),
                exclude=_tuple(exclude),
                stdin_filename=stdin_filename,
                verify=verify,
                mirrors=_mirrors(mirror),
                insecure=_tuple(insecure),
                ca_file=ca_file,
                jobs=jobs,
                timeout=timeout,
                color=color,
                verbosity=verbose - quiet,
            ),
        )
    )


@app.command()
def unpin(
    paths: PathsArgument = None,
    diff: DiffOption = None,
    format: FormatOption = None,
    exclude: ExcludeOption = None,
    stdin_filename: StdinOption = None,
    color: ColorOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Take all digests away. name:tag@sha256:... becomes name:tag."""
    _run(
        lambda: commands.unpin(
            paths or [],
            load(
                diff=diff,
                format=format,
                exclude=_tuple(exclude),
                stdin_filename=stdin_filename,
                color=color,
                verbosity=verbose - quiet,
            ),
        )
    )


@app.command("list")
def list_references(
    paths: PathsArgument = None,
    format: ListFormatOption = None,
    exclude: ExcludeOption = None,
    stdin_filename: StdinOption = None,
    color: ColorOption = None,
) -> None:
    """Show every image reference, pinned or not, and what it stands for."""
    _run(
        lambda: commands.list_references(
            paths or [],
            load(format=format, exclude=_tuple(exclude), stdin_filename=stdin_filename, color=color),
        )
    )


@app.command()
def resolve(
    references: Annotated[list[str], typer.Argument(metavar="REF...", help="Image references, such as node:20.")],
    format: ListFormatOption = None,
    verify: VerifyOption = None,
    mirror: MirrorOption = None,
    insecure: InsecureOption = None,
    ca_file: CaFileOption = None,
    jobs: JobsOption = None,
    timeout: TimeoutOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Ask registries for the digests of images. JSON also shows the platforms of an index."""
    _run(
        lambda: commands.resolve(
            references,
            load(
                format=format,
                verify=verify,
                mirrors=_mirrors(mirror),
                insecure=_tuple(insecure),
                ca_file=ca_file,
                jobs=jobs,
                timeout=timeout,
                verbosity=verbose - quiet,
            ),
        )
    )


@app.command()
def explain(rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's name, such as unpinned.")]) -> None:
    """Print the documentation of a rule."""
    _run(lambda: commands.explain(rule))


@app.command()
def demo() -> None:
    """Show pinner at work on a sample project with an embedded registry. Needs no network."""
    _run(commands.demo)


def _run(command: Callable[[], ExitCode]) -> None:
    raise typer.Exit(commands.run(command))


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return tuple(values) if values else None


def _severity(level: Level | None) -> Severity | None:
    return None if level is None else Severity[level.upper()]


def _mirrors(values: list[str] | None) -> tuple[tuple[str, str], ...] | None:
    """`HOST=URL` as pairs."""
    pairs = [value.partition("=") for value in values or ()]
    for host, _, url in pairs:
        if not host or not url.startswith(("http://", "https://")):
            raise UsageError(f"--mirror {host}: write HOST=http(s)://… or *=http(s)://…")
    return tuple((host, url) for host, _, url in pairs) or None
