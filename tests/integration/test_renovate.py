"""What Renovate itself extracts from the files of each kind as pinner writes them: the table of docs/updaters.md."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pinner.formats import Places
from pinner.model.source import Source
from tests.support.pinning import DIGEST, pinned

PAGE = (Path(__file__).parents[2] / "docs/updaters.md").read_text(encoding="utf-8")
SETTINGS = {
    "kubernetes": {"managerFilePatterns": ["/^(k8s|argo)/.+\\.yaml$/"]},
    "tekton": {"managerFilePatterns": ["/^tekton/.+\\.yaml$/"]},
    "flux": {"managerFilePatterns": ["/^flux/.+\\.yaml$/"]},
}
PROXY = "${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}"
RELEASE = (
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\nspec:\n  values:\n    image:\n"
)
SYNC = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: a\nspec:\n"

# The kind, how its row begins in the table, the file, and its content without the digests.
FORMS = [
    ("github-workflow", "`container`", ".github/workflows/a.yml", "on: x\njobs:\n  a:\n    container: node:20\n"),
    (
        "github-workflow",
        "`container`",
        ".github/workflows/b.yml",
        "on: x\njobs:\n  a:\n    steps:\n      - uses: docker://alpine:3.20\n",
    ),
    ("github-action", "`runs.image", "action.yml", "runs:\n  using: docker\n  image: docker://alpine:3.21\n"),
    ("gitlab-ci", "`image`", ".gitlab-ci.yml", f"image: node:21\na:\n  image: {PROXY}/node:22\n"),
    (
        "kubernetes",
        "containers",
        "k8s/pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: a:1.27\n",
    ),
    (
        "tekton",
        "steps",
        "tekton/t.yaml",
        "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n    - image: node:23\n",
    ),
    ("kustomize", "`newTag`", "base/kustomization.yaml", "images:\n  - name: nginx\n    newTag: '1.26'\n"),
    ("kustomize", "`newTag`", "b/kustomization.yaml", "images:\n  - name: nginx\n    newTag: '1.26'\n    digest: ''\n"),
    ("flux-kustomization", "`newTag`", "flux/k.yaml", f"{SYNC}  images:\n    - name: nginx\n      newTag: '1.25'\n"),
    ("helm-values", "behind the tag", "chart/values.yaml", "jobImage: redis:7.3\n"),
    ("helm-values", "a key", "c/values.yaml", "image:\n  repository: redis\n  tag: '7.1'\n  digest: ''\n"),
    ("flux-helmrelease", "behind", "flux/r.yaml", f"{RELEASE}      repository: redis\n      tag: v7.4\n"),
    ("cloudbuild", "images", "cloudbuild.yaml", "steps:\n  - name: node:25\n"),
    (
        "circleci",
        "images",
        ".circleci/config.yml",
        "version: 2.1\njobs:\n  a:\n    docker:\n      - image: cimg/go:1.22\n",
    ),
    ("woodpecker", "images", ".woodpecker.yml", "steps:\n  a:\n    image: node:26\n"),
    ("drone", "images", ".drone.yml", "kind: pipeline\ntype: docker\nsteps:\n  - name: a\n    image: node:27\n"),
    ("bitbucket-pipelines", "`image`", "bitbucket-pipelines.yml", "image: node:28\n"),
    (
        "azure-pipelines",
        "`resources",
        "azure-pipelines.yml",
        "resources:\n  containers:\n    - container: c\n      image: node:29\n",
    ),
    ("azure-pipelines", "a job", "x/azure-pipelines.yml", "jobs:\n  - job: a\n    container: node:30\n"),
    ("devcontainer", "`image`", ".devcontainer/devcontainer.json", '{"image": "node:31"}\n'),
]


def updates(kind: str, place: str) -> bool:
    """What the page says of Renovate in the row of a kind."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if f"`{kind}`" in cells[0] and len(cells) == 4 and cells[1].startswith(place):
            return cells[2] in ("yes", "with a setting")
    raise AssertionError(f"no row for {kind}")


def extracted(folder: Path) -> dict[str, set[str]]:
    """The digests that Renovate finds, by file."""
    run = subprocess.run(
        ["renovate", "--platform=local", "--dry-run=extract"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "LOG_LEVEL": "debug"},
    )
    before, mark, after = run.stdout.partition('"packageFiles": ')
    assert mark, before[-2000:] + run.stderr[-2000:]
    document: Any = json.JSONDecoder().raw_decode(after)[0]
    return {
        file["packageFile"]: {dependency.get("currentDigest", "") for dependency in file["deps"]}
        for files in document.values()
        for file in files
    }


@pytest.mark.integration
def test_renovate_finds_what_the_page_says(tmp_path: Path) -> None:
    if shutil.which("renovate") is None:
        pytest.skip("not installed: renovate (npm)")
    for kind, _, name, text in FORMS:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pinned(Source(name, text.encode()), Places(writes_tag=kind == "flux-helmrelease")))
        assert DIGEST in path.read_text()
    (tmp_path / "renovate.json").write_text(json.dumps({"extends": ["config:recommended"], **SETTINGS}))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    found = extracted(tmp_path)
    for kind, place, name, _ in FORMS:
        assert (DIGEST in found.get(name, set())) == updates(kind, place), name
