"""The table of the kinds of files that pull images, Dockerfiles and Compose files apart.

A kind is one row. What reads the files, which files are found, the hooks' patterns and the page of the documentation
follow from the table. The rows stand in the order in which they claim a document: the most special one first.
"""

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple


class Form(StrEnum):
    """What stands at a path, and where the digest goes. The values are for the documentation."""

    REFERENCE = "a reference; the digest goes to its end"
    DOCKER_URL = "`docker://` and a reference; the digest goes to its end"
    IMAGE_OR_URL = "a reference, also behind `docker://`; the digest goes to its end"
    CONTAINER = (
        "a reference, unless it names a container of `resources`; the digest goes to the end of one with `/` or `:`"
    )
    SERVICE = "a mapping with `type: ACR` and `repository`, of which Azure finds the image; it is listed"
    EXPRESSION = "what may be an expression, which is listed; the images of a list or a mapping have paths of their own"
    IMAGE_CONTEXT = "`docker-image://` and a reference; the digest goes to its end"
    DOCKERFILE = "a Dockerfile, which is read as any other"
    VALUE = "a string with `/` or `:`; the digest goes behind its tag"
    TAGGED = "a string with a tag; the digest goes behind it"
    VALUES = (
        "a mapping with `repository` or `image`, and `tag` or `digest`; the digest goes into `digest`, and into `sha` "
        "in place of one that stands there"
    )
    CHART_VALUES = "values of a chart in the text, read as helm-values; a digest is written in a block of lines alone"
    OVERRIDE = "`NAME=IMAGE` or `IMAGE`, which is listed"
    PATCH = "a patch in the text: the digest goes to the end of a reference that it writes, as in kubernetes"
    KUSTOMIZE = (
        "a mapping with `name` or `newName`, `newTag`, `digest`; the digest goes into `digest` or behind `newTag`"
    )


class Path(NamedTuple):
    """Where images stand in a document: keys with `.` between them.

    `[]` behind a key is each item of its list, `*` any key or item, `**` any number of them. `{a,b}` is one of several
    keys; in it `*Image` is any key that ends so.
    """

    keys: str
    form: Form = Form.REFERENCE


class Claim(NamedTuple):
    """What a document holds that is of a kind: keys at its top, and what two of them say."""

    has: tuple[str, ...] = ()
    api_version: str = ""
    kinds: tuple[str, ...] = ()
    other_kinds: tuple[str, ...] = ()


class Kind(NamedTuple):
    """A kind of file.

    `files` are globs on the end of a path: `*` stops at a slash, `**` does not, `.yml` is `.yaml` as well. A file is
    composed if one of `words` stands in it, in any case. The keys in `closed` are no `*`, nor part of a `**`; neither
    are those in `reserved` at the top of a document. What stands below a key that begins with `inserts` is read as if
    it stood in the key's place. A list with the tag `reference` is the keys that lead to what stands in its place.
    `manifests_in` are the globs of those files whose tool takes documents that are manifests of Kubernetes as well.
    `note` is for the documentation.
    """

    name: str
    files: tuple[str, ...]
    paths: tuple[Path, ...]
    claim: Claim = Claim()
    manifests_in: tuple[str, ...] = ("*",)
    words: tuple[str, ...] = ("image",)
    closed: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    inserts: str = ""
    reference: str = ""
    note: str = ""

    @property
    def is_by_content(self) -> bool:
        """Return whether the name of a file says no more than that it may be of this kind."""
        return self.files == _ANY

    def has_name(self, path: str) -> bool:
        """Return whether a file of this path may be of this kind. The parts of `path` have `/` between them."""
        return re.search(self.pattern, path) is not None

    def takes_manifests(self, path: str) -> bool:
        """Return whether the tool of this kind reads a manifest in the file of this path as one of its documents."""
        return bool(self.manifests_in) and re.search(_expression(self.manifests_in), path) is not None

    @property
    def pattern(self) -> str:
        """Return an expression to search in a path."""
        return _expression(self.files)


IMAGE_CONTEXT = "docker-image://"
SYNTAX_ARGUMENT = "BUILDKIT_SYNTAX"
"""As a build argument it takes the place of the line `# syntax=`: BuildKit's frontend/dockerfile/builder."""
_ANY = ("*.yml", "*.json")
_PODS = (Path("**.{containers,initContainers,ephemeralContainers}[].image"), Path("**.volumes[].image.reference"))


def _values(above: str) -> tuple[Path, ...]:
    """Return where images stand in the values of a chart, which stand at `above`."""
    return (
        Path(f"{above}**.{{image,images,*Image}}.**", Form.VALUES),
        Path(f"{above}**.{{image,*Image}}", Form.VALUE),
        Path(f"{above}**.images.*", Form.TAGGED),
    )


KINDS = (
    Kind(
        name="github-workflow",
        files=("{.github,.gitea,.forgejo}/workflows/*.yml",),
        claim=Claim(has=("jobs",)),
        paths=(
            Path("jobs.*.container", Form.IMAGE_OR_URL),
            Path("jobs.*.container.image", Form.IMAGE_OR_URL),
            Path("jobs.*.services", Form.EXPRESSION),
            Path("jobs.*.services.*", Form.EXPRESSION),
            Path("jobs.*.services.*.image", Form.IMAGE_OR_URL),
            Path("jobs.*.steps[].uses", Form.DOCKER_URL),
        ),
        words=("container", "services", "docker://", "build-push-action"),
        note="`${{ … }}` is filled in when the workflow runs; nothing below `with` is read.",
    ),
    Kind(
        name="github-action",
        files=("action.yml",),
        claim=Claim(has=("runs",)),
        paths=(Path("runs.image", Form.DOCKER_URL), Path("runs.steps[].uses", Form.DOCKER_URL)),
        words=("://", "build-push-action"),
        note="Without `docker://` the image of `runs` is the path of a Dockerfile.",
    ),
    Kind(
        name="gitlab-ci",
        files=("*gitlab-ci*.yml", ".gitlab/ci/**.yml", ".gitlab-ci/**.yml"),
        manifests_in=(),
        paths=(
            Path("image"),
            Path("image.name"),
            Path("services[]"),
            Path("services[].name"),
            Path("*.image"),
            Path("*.image.name"),
            Path("*.services[]"),
            Path("*.services[].name"),
        ),
        words=("image", "services"),
        reserved=frozenset("after_script before_script cache image include services stages variables workflow".split()),
        reference="!reference",
        note=(
            "The prefix of the dependency proxy may stay a variable: it stands for Docker Hub. What `!reference` leads "
            "to in the same file is an image where it stands; the list of its keys is none. `spec` is a job in a file "
            "of one document, and the header in one of more. Files of other names that `include` names are not read."
        ),
    ),
    Kind(
        name="cloudbuild",
        files=("*cloudbuild*.yml", "*cloudbuild*.json"),
        claim=Claim(has=("steps",)),
        manifests_in=(),
        paths=(Path("steps[].name"),),
        words=("steps",),
        note="`images` are results.",
    ),
    Kind(
        name="circleci",
        files=(".circleci/**.yml",),
        paths=(
            Path("{jobs,executors}.*.docker", Form.EXPRESSION),
            Path("orbs.*.{jobs,executors}.*.docker", Form.EXPRESSION),
            Path("**.docker[].image"),
        ),
        words=("docker",),
        note="The image of a `machine` is no container.",
    ),
    Kind(
        name="woodpecker",
        files=(".woodpecker.yml", ".woodpecker/*.yml"),
        paths=(Path("{steps,services,clone}.*.image"),),
    ),
    Kind(name="drone", files=(".drone.yml",), paths=(Path("{steps,services,clone}.*.image"),)),
    Kind(
        name="bitbucket-pipelines",
        files=("bitbucket-pipelines.yml",),
        paths=(
            Path("image"),
            Path("image.name"),
            Path("definitions.services.{*,variables}.image"),
            Path("definitions.services.{*,variables}.image.name"),
            Path("**.step.image"),
            Path("**.step.image.name"),
            Path("pipelines.*.{*,variables}.**.step.image"),
            Path("pipelines.*.{*,variables}.**.step.image.name"),
            Path("**.pipe", Form.DOCKER_URL),
            Path("pipelines.*.{*,variables}.**.step.**.pipe", Form.DOCKER_URL),
        ),
        words=("image", "docker://"),
        closed=frozenset({"variables"}),
        note="A pipe without `docker://` is a repository. Services and pipelines may be named `variables`.",
    ),
    Kind(
        name="azure-pipelines",
        files=("*azure-pipelines*.yml",),
        manifests_in=(),
        paths=(
            Path("resources.containers[].image"),
            Path("resources.containers[]", Form.SERVICE),
            Path("**.container", Form.CONTAINER),
            Path("**.container.image", Form.CONTAINER),
            Path("extends.parameters.{jobs,stages}.**.container", Form.CONTAINER),
            Path("extends.parameters.{jobs,stages}.**.container.image", Form.CONTAINER),
        ),
        words=("container",),
        closed=frozenset("parameters services steps variables".split()),
        inserts="${{",
        note=(
            "`container` may name a container of `resources`, which has its image there. A name without `/` and `:` "
            "that `resources` of the same file does not have may be one of another file, and is never written. What "
            "stands below a condition, `${{ if … }}`, is read as if it stood in its place. A template that is extended "
            "takes jobs or stages as parameters."
        ),
    ),
    Kind(
        name="devcontainer",
        files=(".devcontainer.json", ".devcontainer/devcontainer.json", ".devcontainer/*/devcontainer.json"),
        paths=(Path("image"), Path(f"build.args.{SYNTAX_ARGUMENT}")),
        words=("image", "docker"),
        note=(
            "The Dockerfile and the Compose files that it names are read, the Dockerfile with the values of "
            "`build.args`, to which digests go; one with a variable, `${localEnv:…}`, is not known. What cannot be "
            "read is `unchecked[not-read]`, which `// pinner: ignore[not-read] reason` acknowledges. Features take no "
            "digest."
        ),
    ),
    Kind(
        name="bake",
        files=("{docker-bake,bake}.{hcl,json}", "{docker-bake,bake}{.,-,_}*.{hcl,json}"),
        paths=(
            Path("target.*.contexts.*", Form.IMAGE_CONTEXT),
            Path("target.*.dockerfile-inline", Form.DOCKERFILE),
            Path(f"target.*.args.{SYNTAX_ARGUMENT}"),
            Path("target.*.attest[].generator"),
        ),
        note=(
            "The `args` and `contexts` of a target are one more build of the Dockerfile that it names, and digests go "
            "to the values. What it inherits, the defaults of variables and the names of its matrix are known; what "
            "functions make of others, and what other files say of the target, is not. No digest is written where a "
            "variable stands. Paths start at the folder of the file or, where nothing is there, at the checked root. "
            "A Dockerfile that cannot be read is `unchecked[not-read]`, unless the target names neither it nor its "
            "context."
        ),
    ),
    Kind(
        name="kustomize",
        files=("kustomization.yml", "Kustomization"),
        claim=Claim(api_version=r"kustomize\.config\.k8s\.io/.*|"),
        paths=(
            Path("{images,imageTags}[]", Form.KUSTOMIZE),
            Path("{patches,patchesJson6902}[].patch", Form.PATCH),
            Path("patchesStrategicMerge[]", Form.PATCH),
            *_values("helmCharts[].valuesInline."),
        ),
        words=("image", "resources", "bases", "components", "patches"),
        note=(
            "An image that gets a tag or a digest here is judged here, and no longer in the resources that this file "
            "names, unless another kustomization builds them without an entry for that name. The entries of a "
            "component hold for all that the kustomization that names it has loaded before. An entry with a `newName` "
            "changes which later entries find the image, and one with a `tagSuffix` takes away its digest. Kustomize "
            "replaces images in `containers` and `initContainers` alone; others are judged where they stand. For a "
            "file that you name, the kustomizations of the whole work tree are read as well. A file that is named here "
            "and that is remote, missing, outside or ignored by Git is `unchecked[not-read]`, which "
            "`# pinner: ignore[not-read] reason` acknowledges."
        ),
    ),
    Kind(
        name="flux-kustomization",
        files=_ANY,
        claim=Claim(api_version=r"kustomize\.toolkit\.fluxcd\.io/.*", kinds=("Kustomization",)),
        paths=(Path("spec.images[]", Form.KUSTOMIZE), Path("spec.patches[].patch", Form.PATCH)),
        note=(
            "What it replaces is judged where it stands as well: its `path` may be one of another repository. A "
            "kustomization of this repository at that path is built as it is, whatever others replace in it. That "
            "holds for an Application of Argo CD as well."
        ),
    ),
    Kind(
        name="flux-helmrelease",
        files=_ANY,
        claim=Claim(api_version=r"helm\.toolkit\.fluxcd\.io/.*", kinds=("HelmRelease",)),
        paths=(
            *_values("spec.values."),
            Path("spec.postRenderers[].kustomize.images[]", Form.KUSTOMIZE),
        ),
        words=("image", "Image"),
        note="As helm-values. What a post renderer replaces is judged here.",
    ),
    Kind(
        name="tekton",
        files=_ANY,
        claim=Claim(has=("kind",), api_version=r"(triggers\.)?tekton\.dev/.*"),
        paths=(Path("**.{steps,sidecars}[].image"), Path("**.stepTemplate.image"), Path("spec.image"), *_PODS),
        closed=frozenset({"params"}),
        note="`$(…)` is filled in when the task runs.",
    ),
    Kind(
        name="argo-workflows",
        files=_ANY,
        claim=Claim(
            api_version=r"argoproj\.io/.*",
            kinds=("ClusterWorkflowTemplate", "CronWorkflow", "Sensor", "Workflow", "WorkflowTemplate"),
        ),
        paths=(
            Path("**.{container,script}.image"),
            Path("**.sidecars[].image"),
            *_PODS,
        ),
        note="`{{…}}` is filled in when the workflow runs. A sensor's resources are read as workflows and pods.",
    ),
    Kind(
        name="argo-cd",
        files=_ANY,
        claim=Claim(api_version=r"argoproj\.io/.*", kinds=("Application", "ApplicationSet")),
        paths=(
            *_values("spec.**.helm.valuesObject."),
            Path("spec.**.helm.values", Form.CHART_VALUES),
            Path("spec.**.kustomize.images[]", Form.OVERRIDE),
        ),
        words=("image", "Image"),
        note=(
            "What Kustomize replaces is judged here and where it stands. No digest is written for it, since older "
            "versions take a tag before a digest for part of the name. What stands in `helm.parameters` is not read."
        ),
    ),
    Kind(
        name="skaffold",
        files=_ANY,
        claim=Claim(api_version=r"skaffold/.*"),
        paths=(
            Path("**.{verify,customActions}[].container.image"),
            *_PODS,
            Path("**.artifacts[].buildpacks.{builder,runImage}"),
            Path("**.artifacts[].kaniko.{image,initImage}"),
            Path("**.artifacts[].jib.fromImage"),
        ),
        note="The images of `artifacts` are results.",
    ),
    Kind(
        name="helm-values",
        files=("*values*.yml",),
        manifests_in=("values.yml",),
        paths=_values(""),
        words=("image", "Image"),
        note="A digest goes behind a `tag` only where `helm-write` says so: charts put the tag into labels.",
    ),
    Kind(
        name="kubernetes",
        files=_ANY,
        claim=Claim(has=("apiVersion", "kind"), other_kinds=("CustomResourceDefinition",)),
        paths=(
            *_PODS,
            Path("**.volumes[].containerDisk.image"),
            Path("**.kernelBoot.container.image"),
            Path("nodes[].image"),
        ),
        note=(
            "Beside pods the disks and kernels of KubeVirt and the nodes of kind are read; images at other keys of "
            "custom resources are not. A `List` is read as its items. A line with Flux's `$imagepolicy` marker is "
            "never written. A list of `op`, `path` and `value` is a JSON patch, whose values are read as if they stood "
            "at its paths."
        ),
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}


@cache
def _expression(globs: tuple[str, ...]) -> str:
    """Return the regular expression of the paths that end as one of some globs says."""
    divided = (re.split(r"(\*\*|\*|\{[^}]*\}|\.yml$)", glob) for glob in globs)
    return "|".join(f"(^|/){''.join(map(_part, parts))}$" for parts in divided)


def _part(part: str) -> str:
    match part:
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case ".yml":
            return r"\.ya?ml"
    if part.startswith("{"):
        return f"({'|'.join(map(re.escape, part[1:-1].split(',')))})"
    return re.escape(part)
