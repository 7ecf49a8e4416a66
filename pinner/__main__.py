"""The entry point. The form in which hooks call pinner, `check|pin [--] PATHS`, goes straight to its command: typer
alone takes several times as long to import as a whole check takes."""

import sys

PLAIN = ("check", "pin")
"""The commands that hooks call."""


def main() -> None:
    """Run the command line. Raises SystemExit with the exit code."""
    from pinner.terminal import prepare_streams

    prepare_streams()
    arguments = sys.argv[1:]
    paths = _plain_paths(arguments)
    if paths is None:
        from pinner import cli

        cli.main(arguments)
        return
    from pinner import commands
    from pinner.config import load

    command = commands.check if arguments[0] == "check" else commands.pin
    sys.exit(commands.run(lambda: command(paths, load())))


def _plain_paths(arguments: list[str]) -> list[str] | None:
    """Return the paths of a hook's command; None where the command line has to be parsed."""
    if not (arguments and arguments[0] in PLAIN):
        return None
    end = arguments.index("--") if "--" in arguments else len(arguments)
    named, after = arguments[1:end], arguments[end + 1 :]
    return None if any(each.startswith("-") for each in named) else named + after


if __name__ == "__main__":
    main()
