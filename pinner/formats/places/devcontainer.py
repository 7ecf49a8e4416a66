"""What a devcontainer.json passes to the build of its Dockerfile: `build.args`, and options of `docker build`."""

from collections.abc import Iterator
from typing import NamedTuple

from pinner.formats.places.table import IMAGE_CONTEXT, SYNTAX_ARGUMENT
from pinner.formats.variables.text import Text
from pinner.formats.yaml.mappings import Fields
from pinner.formats.yaml.nodes import Entry, Node, is_string
from pinner.formats.yaml.reader import YamlReader
from pinner.model.occurrence import BuildArgument

_ARGUMENT, _CONTEXT = "--build-arg", "--build-context"


class DevcontainerBuild(NamedTuple):
    """The args and the names of contexts that a build gets, and the images that stand among them."""

    args: tuple[BuildArgument, ...]
    contexts: tuple[str, ...]
    images: tuple["Passed", ...]


class Passed(NamedTuple):
    """A value that is passed by a name, in `entry`; None where only the name is said."""

    name: str
    text: Text | None
    entry: Entry
    context: str


def read_build(reader: YamlReader, args: Fields, options: list[Node]) -> DevcontainerBuild:
    """Return the build of `build.args` and `build.options`, of which the latter come last and hold."""
    passed: dict[str, BuildArgument] = {}
    contexts: list[str] = []
    images: list[Passed] = []
    for name, entry in args.items():
        # Where JSON would have to be turned into a string, it is not known.
        is_known = entry.value.id == "scalar" and is_string(entry.value)
        text = reader.file.text_of(entry.value) if is_known else None
        # The table has the path of the frontend.
        if name != SYNTAX_ARGUMENT:
            passed[name] = _argument(reader, Passed(name=name, text=text, entry=entry, context=""))
    for flag, each in _options(reader, options):
        chars = each.text.chars if each.text is not None else ""
        if flag == _CONTEXT:
            contexts.append(each.name)
            if each.text is not None and chars.startswith(IMAGE_CONTEXT):
                images.append(each._replace(text=each.text.cut(len(IMAGE_CONTEXT))))
        elif each.name == SYNTAX_ARGUMENT:
            images.append(each)
        else:
            passed[each.name] = _argument(reader, each)
    return DevcontainerBuild(args=tuple(passed.values()), contexts=tuple(contexts), images=tuple(images))


def _options(reader: YamlReader, options: list[Node]) -> Iterator[tuple[str, Passed]]:
    """Yield the flags that name an ARG or a context: `--flag=name=value`, or the flag and what follows in two items."""
    flag = ""
    for number, item in enumerate(options):
        text = reader.file.text_of(item) if item.id == "scalar" else Text("", ())
        if not flag:
            flag, equals, _ = text.chars.partition("=")
            text = text.cut(len(flag) + 1)
            if flag not in (_ARGUMENT, _CONTEXT) or not equals:
                flag = flag if flag in (_ARGUMENT, _CONTEXT) else ""
                continue
        name, equals, _ = text.chars.partition("=")
        value = text.cut(len(name) + 1) if equals else None
        yield flag, Passed(name=name, text=value, entry=Entry(item, item), context=f"build.options[{number}]")
        flag = ""


def _argument(reader: YamlReader, passed: Passed) -> BuildArgument:
    # A variable, such as ${localEnv:…}, stands for what the machine says.
    text = None if passed.text is None or "${" in passed.text.chars else passed.text
    run = text.run if text is not None else None
    return BuildArgument(
        name=passed.name,
        value=None if text is None else text.chars,
        span=run or reader.file.span_of(passed.entry.value),
        is_as_written=bool(text and run and reader.source.text_at(run) == text.chars.encode("latin-1")),
        suppressions=reader.suppressions_of(passed.entry),
    )
