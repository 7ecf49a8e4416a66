"""The values that containers get from Compose files: a digest in one of them would be news to what runs there."""

from pinner.formats.compose.services import find, says_nothing
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import Entry, Node
from pinner.scanning.compose_model import Model
from pinner.scanning.environment import Environments


def note_container_values(model: Model, environments: Environments) -> None:
    """Note the variables that the containers, secrets and configurations of a model see, with their values there."""
    for layer in (layer for layers in model.services.layers.values() for layer in layers):
        _note_env_file(model, environments, layer.file, find(layer.fields, "env_file"))
        # A container gets those that stand there by their names alone with the values that Compose sees.
        entry = find(layer.fields, "environment")
        for name, pair in model.services.pairs_of(layer.file, entry, "environment", only_names=True).items():
            if not pair.is_given:
                _note_name(model, name, layer.file, pair.entry.value)
    for file in model.services.files:
        _note_secrets(model, file)


def _note_secrets(model: Model, file: YamlFile) -> None:
    """Note the variables whose values are secrets or configurations of containers."""
    documents = [model.services.fields_of(file, document, "the file") for document in file.documents]
    named = [fields[key].value for fields in documents for key in ("secrets", "configs") if key in fields]
    for entry in (entry for node in named for entry in model.services.fields_of(file, node, "secrets").values()):
        found = find(model.services.fields_of(file, entry.value, "a secret"), "environment")
        if found is not None and found.value.id == "scalar" and not says_nothing(found.value):
            _note_name(model, found.value.value, file, found.value)


def _note_name(model: Model, name: str, file: YamlFile, node: Node) -> None:
    place = f"{file.source.path}:{file.line_of(node)}"
    model.env.note_reader(model.env.look_up(name), f"{place} gives {name} to a container, which would see the digest")


def _note_env_file(model: Model, environments: Environments, file: YamlFile, entry: Entry | None) -> None:
    """Note that a container gets all variables of a file, from which this or another project takes values as well."""
    if entry is None:
        return
    nodes = entry.value.value if entry.value.id == "sequence" else [entry.value]
    for node in nodes:
        path = next((value for key, value in node.value if key.value == "path"), None) if node.id == "mapping" else node
        if path is None or path.id != "scalar":
            continue
        reader = model.readers.get(id(file))
        named = reader.expanded(path, file) if reader else str(path.value)
        place = f"{file.source.path}:{file.line_of(path)}"
        environments.note_env_file(model.env, model.folder_of(file), named, place)
