"""The work that a project takes grows as its files do: counted, not timed."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest

from tests.support.trees import FileTree
from tests.support.work import calls_of

pytestmark = pytest.mark.slow

Files = dict[str, str]


def services(lines: Iterable[str]) -> str:
    return "services:\n" + "".join(f"  {line}\n" for line in lines)


def pods(count: int) -> str:
    pod = "---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a/b{i}:2\n"
    return "".join(pod.format(i=number) for number in range(count))


GROWING: dict[str, Callable[[int], Files]] = {
    "services": lambda n: {"compose.yaml": services(f"s{i}: {{image: 'a/b:{i}'}}" for i in range(n))},
    "services that build": lambda n: {
        "compose.yaml": services(f"s{i}: {{image: 'a/b:{i}', build: .}}" for i in range(n)),
        "Dockerfile": "FROM a:1\n",
    },
    "builds of one Dockerfile": lambda n: {
        "compose.yaml": services(f"s{i}: {{build: {{context: ., args: {{V: v{i}}}}}}}" for i in range(n)),
        "Dockerfile": "ARG V\nFROM a:${V}\n",
    },
    "services by an alias": lambda n: {
        "compose.yaml": "x-a: &a {image: 'a/b:1'}\n" + services(f"s{i}: {{<<: *a}}" for i in range(n))
    },
    "services that extend one": lambda n: {
        "compose.yaml": services(["s: {image: 'a/b:1'}", *(f"s{i}: {{extends: s}}" for i in range(n))])
    },
    "files that are extended": lambda n: {
        "compose.yaml": services(f"s{i}: {{extends: {{file: o{i}.yml, service: s}}}}" for i in range(n)),
        **{f"o{i}.yml": services([f"s: {{image: 'a/b:{i}'}}"]) for i in range(n)},
    },
    "files that are included": lambda n: {
        "compose.yaml": "include:\n" + "".join(f"  - o{i}.yml\n" for i in range(n)),
        **{f"o{i}.yml": services([f"s{i}: {{image: 'a/b:{i}'}}"]) for i in range(n)},
    },
    "files beside the project": lambda n: {
        "compose.yaml": services(["a: {image: 'a/b:1'}"]),
        **{f"compose.o{i}.yaml": services([f"s: {{image: 'a/b:{i}'}}"]) for i in range(n)},
    },
    "projects that build in a folder above": lambda n: {
        **{f"d{i}/compose.yaml": services(["s: {build: ..}"]) for i in range(n)},
        "Dockerfile": "FROM a:1\n",
    },
    "values in .env": lambda n: {
        "compose.yaml": services(f"s{i}: {{image: 'a/b:${{V{i}}}'}}" for i in range(n)),
        ".env": "".join(f"V{i}=v{i}\n" for i in range(n)),
    },
    "images of one value in .env": lambda n: {
        "compose.yaml": services(f"s{i}: {{image: 'a/b{i}:${{V}}'}}" for i in range(n)),
        ".env": "V=1\n",
    },
    "named contexts": lambda n: {
        "compose.yaml": services(
            f"s{i}: {{build: {{context: d{i}, additional_contexts: {{base: 'service:s0'}}}}}}" for i in range(n)
        ),
        **{f"d{i}/Dockerfile": "FROM base\n" for i in range(n)},
    },
    "kustomizations": lambda n: {
        "kustomization.yaml": "resources: [p.yaml]\nimages:\n"
        + "".join(f"- {{name: a/b{i}, newTag: '1'}}\n" for i in range(n)),
        "p.yaml": pods(n),
    },
    "resources of kustomizations": lambda n: {
        **{f"o{i}/kustomization.yaml": "resources: [../b]\nimages: [{name: a/b0, newTag: '1'}]\n" for i in range(n)},
        "b/kustomization.yaml": "resources:\n" + "".join(f"- p{i}.yaml\n" for i in range(n)),
        **{f"b/p{i}.yaml": pods(1) for i in range(n)},
    },
    "builders": lambda n: {
        "docker-bake.hcl": "".join(f'target "t{i}" {{ tags = ["a/b{i}:2"] }}\n' for i in range(n)),
        "p.yaml": pods(n),
    },
    "ignore comments": lambda n: {
        "compose.yaml": services(f"s{i}:\n    # pinner: ignore[unpinned] x\n    image: 'a/b:{i}'" for i in range(n))
    },
}


@pytest.mark.parametrize("name", GROWING)
def test_the_work_grows_with_the_project(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that the files double, so must what the work grows by."""
    calls = []
    for count in (15, 30, 60):
        tree = FileTree(tmp_path / str(count), GROWING[name](count), monkeypatch)
        calls.append(calls_of(partial(tree.run, "check", ".")))
    assert calls[2] - calls[1] < 2.4 * (calls[1] - calls[0])
