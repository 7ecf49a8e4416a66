"""What must change in files of each kind, what is only listed, and what is none of pinner's business.

In `changes` `@` behind a reference stands where a digest goes, `^` where `:latest` and a digest go, and `~` where a
digest goes that has a key of its own. `listed` is what is named and never written, with its texts. In `nothing` no
image is named at all: these tables are the longer ones.
"""

from typing import NamedTuple


class Table(NamedTuple):
    """The table of one kind, whose files have this path."""

    path: str
    changes: tuple[str, ...]
    listed: dict[str, list[str]]
    nothing: tuple[str, ...]


WORKFLOW = "on: push\njobs:\n  build:\n    runs-on: x\n    {}\n"
POD = "apiVersion: v1\nkind: Pod\nspec:\n  {}\n"
TASK = "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  {}\n"
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - {}\n"
SYNC = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  {}\n"
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    {}\n"

TABLES = {
    "github-workflow": Table(
        ".github/workflows/ci.yml",
        (
            WORKFLOW.format("container: node:20@"),
            WORKFLOW.format("container: {image: node:20@, env: {image: x}}"),
            WORKFLOW.format("services: {db: {image: 'postgres:16@', ports: [1]}}"),
            WORKFLOW.format("steps: [{uses: 'docker://alpine:3.20@'}, {uses: docker://ghcr.io/a/b^ }]"),
            WORKFLOW.format("container: >-\n      node:20@"),
            WORKFLOW.format("steps: [{uses: 'Docker://alpine:3.20@'}]"),
        ),
        {
            WORKFLOW.format("container: ${{ matrix.image }}"): ["${{ matrix.image }}"],
            WORKFLOW.format("services: ${{ fromJSON(inputs.s) }}"): ["${{ fromJSON(inputs.s) }}"],
            WORKFLOW.format("services: {db: '${{ fromJSON(inputs.s) }}'}"): ["${{ fromJSON(inputs.s) }}"],
            WORKFLOW.format("services: {db: {image: 'postgres:${{ inputs.v }}'}}"): ["postgres:${{ inputs.v }}"],
            WORKFLOW.format("steps: [{uses: 'docker://ghcr.io/${{ github.repository }}:1'}]"): [
                "ghcr.io/${{ github.repository }}:1"
            ],
        },
        (
            WORKFLOW.format("container: ''"),
            WORKFLOW.format("container:"),
            WORKFLOW.format("container: {image: ''}"),
            WORKFLOW.format("container: {image: }"),
            WORKFLOW.format("container: [a]"),
            WORKFLOW.format("services:"),
            WORKFLOW.format("services: {db: postgres}"),
            WORKFLOW.format("with: {services: '${{ inputs.s }}'}"),
            WORKFLOW.format("steps: [{uses: actions/checkout@v4}]"),
            WORKFLOW.format("steps: [{uses: ./local}]"),
            WORKFLOW.format("steps: [{uses: 'docker://'}]"),
            WORKFLOW.format("steps: [{run: 'docker run node:20'}]"),
            WORKFLOW.format("steps: [{with: {image: 'node:20', uses: 'docker://a:1'}}]"),
            WORKFLOW.format("strategy: {matrix: {image: ['node:20'], container: ['a:1']}}"),
            WORKFLOW.format("env: {image: 'node:20'}"),
            WORKFLOW.format("uses: docker://a/b:1"),
            "on: push\njobs: {}\nservices: {a: {image: 'a:1'}}\n",
            "image: a:1\ncontainer: a:1\n",
        ),
    ),
    "github-action": Table(
        "action.yml",
        (
            "runs: {using: docker, image: 'docker://alpine:3.20@'}\n",
            "runs: {using: docker, image: 'Docker://alpine:3.20@'}\n",
            "runs:\n  using: composite\n  steps:\n  - uses: docker://alpine^\n",
        ),
        {"runs: {using: composite, steps: [{uses: 'docker://a:${{ inputs.v }}'}]}\n": ["a:${{ inputs.v }}"]},
        (
            "runs: {using: docker, image: Dockerfile}\n",
            "runs: {using: docker, image: ../docker/Dockerfile}\n",
            "runs: {using: docker, image: 'alpine:3.20'}\n",
            "runs: {using: node20, main: 'docker://x.js'}\n",
            "runs: {using: composite, steps: [{uses: actions/checkout@v4}]}\n",
            "inputs: {image: {default: 'docker://a:1'}}\nruns: {using: composite, steps: []}\n",
        ),
    ),
    "gitlab-ci": Table(
        ".gitlab-ci.yml",
        (
            "image: node:20@\nservices: ['postgres:16@', {name: 'redis:7@', alias: r}]\n",
            "default: {image: {name: 'node:20@', entrypoint: ['']}}\n",
            "pages: {image: alpine:3.20@, script: [x]}\n.hidden: {services: [docker:dind@]}\n",
            "a: {image: $CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/node:20@}\n",
            "a: {image: '${CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX}/library/node:20@'}\n",
            "a:\n  image: alpine^\n",
        ),
        {
            "a: {image: '$CI_REGISTRY_IMAGE/app:$TAG'}\n": ["$CI_REGISTRY_IMAGE/app:$TAG"],
            "a: {image: '$[[ inputs.image ]]'}\n": ["$[[ inputs.image ]]"],
            "a: {image: '$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/a:$TAG'}\n": [
                "$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/a:$TAG"
            ],
        },
        (
            "variables: {image: 'a:1'}\n",
            "variables: {services: ['a:1']}\n",
            "workflow: {image: 'a:1'}\n",
            "stages: [image]\n",
            "include: [{image: 'a:1'}]\n",
            "cache: {image: 'a:1'}\n",
            "spec: {inputs: {image: {default: 'a:1'}}, image: 'a:1'}\n",
            "before_script: [docker pull a:1]\n",
            "a: {image: ''}\n",
            "a: {image: {entrypoint: ['']}}\n",
            "a: {image: !reference [.b, image]}\n",
            "a: {services: [!reference [.b, services]]}\n",
            "a: {script: ['image: a:1']}\n",
            "a: {variables: {image: 'a:1', name: 'b:1'}}\n",
            "apiVersion: v1\nkind: Service\nimage: a:1\n",
        ),
    ),
    "kubernetes": Table(
        "deploy/app.yaml",
        (
            POD.format("containers: [{image: 'nginx:1.27@', name: a}]"),
            POD.format("initContainers: [{image: busybox^ }]\n  ephemeralContainers: [{image: 'a/b:1@'}]"),
            POD.format("volumes: [{name: v, image: {reference: 'quay.io/a/b:1@'}}]"),
            "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: "
            "[{image: 'a/b:1@'}]}}}}}\n",
            "kind: List\napiVersion: v1\nitems: [{kind: Pod, apiVersion: v1, spec: {containers: [{image: 'a:1@'}]}}]\n",
            "apiVersion: v1\nkind: PodList\nitems: [{spec: {containers: [{image: 'a:1@'}]}}]\n",
            "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{kind: Pod, apiVersion: v1, "
            "spec: {containers: [{image: 'a:1@'}]}}]}]\n",
            "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a:1@ }]}\n---\n# none\n---\nx: 1\n",
            "\ufeffapiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: a:1@ # why\r\n",
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {template: {spec: {containers: [{image: a:1@ }]}}}",
        ),
        {
            POD.format("containers: [{image: 'ko://a.b/c'}]"): ["ko://a.b/c"],
            POD.format("containers: [{image: YOUR_REGISTRY/app:1}]"): ["YOUR_REGISTRY/app:1"],
            POD.format("containers: [{image: <image>}]"): ["<image>"],
            POD.format("containers: [{image: '*'}]"): ["*"],
            POD.format("containers: [{image: '!*:latest'}]"): ["!*:latest"],
            POD.format("containers: [{image: '$(IMAGE)'}]"): ["$(IMAGE)"],
            POD.format("containers: [{image: '{{ .Values.image }}'}]"): ["{{ .Values.image }}"],
            POD.format("containers: [{image: '%%IMAGE%%'}]"): ["%%IMAGE%%"],
            POD.format("containers: [{image: @IMAGE@:1}]").replace("@IMAGE@:1", "'@IMAGE@:1'"): ["@IMAGE@:1"],
            POD.format('containers:\n  - image: a/b:1 # {"$imagepolicy": "flux-system:b"}'): ["a/b:1"],
        },
        (
            POD.format("containers: [{name: a}]"),
            POD.format("containers: [{image: ''}]"),
            POD.format("containers: [{image: }]"),
            POD.format("containers: {image: 'a:1'}"),
            POD.format("containers: [{image: {name: 'a:1'}}]"),
            POD.format("image: a:1"),
            POD.format("volumes: [{name: v, image: 'a:1'}]"),
            POD.format("volumes: [{rbd: {image: a}}]"),
            POD.format("volumes: {image: {reference: 'a:1'}}"),
            POD.format("template: {image: 'a:1'}"),
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {containers: [{image: a}]}\n",
            "apiVersion: v1\nkind: List\nitems: [{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, "
            "spec: {containers: [{image: a}]}}]\n",
            "apiVersion: v1\nkind: ConfigMap\ndata: {a: 'containers: [{image: a}]'}\n",
            "apiVersion: v1\nspec: {containers: [{image: 'a:1'}]}\n",
            "apiVersion: v1\nkind: List\nitems: [{spec: {containers: [{image: 'a:1'}]}}]\n",
            "apiVersion: v1\nkind: &l List\nitems: &i [{kind: *l, items: *i}]\n",
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinitionList\nitems: [{spec: {containers: "
            "[{image: a}]}}]\n",
            "kind: Pod\nspec: {containers: [{image: 'a:1'}]}\n",
            "# apiVersion kind containers image\n",
            "- apiVersion: v1\n  kind: Pod\n  spec: {containers: [{image: 'a:1'}]}\n",
            "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: a/b}]}\n",
        ),
    ),
    "tekton": Table(
        "tasks/t.yaml",
        (
            TASK.format("steps: [{image: 'a/b:1@'}]\n  sidecars: [{image: redis^ }]"),
            TASK.format("stepTemplate: {image: 'a/b:1@'}"),
            "apiVersion: tekton.dev/v1\nkind: Pipeline\nspec: {tasks: [{taskSpec: {steps: [{image: a/b:1@ }]}}]}\n",
            "apiVersion: tekton.dev/v1alpha1\nkind: StepAction\nspec: {image: a/b:1@ }\n",
            "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nspec: {resourcetemplates: [{kind: Job, "
            "spec: {template: {spec: {containers: [{image: 'a:1@'}], initContainers: [{image: 'b:1@'}]}}}}]}\n",
            TASK.format("volumes: [{name: v, image: {reference: 'a/b:1@'}}]"),
        ),
        {
            TASK.format("steps: [{image: '$(params.image)'}]"): ["$(params.image)"],
            TASK.format("steps: [{image: 'a/b:$(params.tag)'}]"): ["a/b:$(params.tag)"],
        },
        (
            TASK.format("steps: [{script: 'image: a:1'}]"),
            TASK.format("steps: [{image: ''}]"),
            TASK.format("params: [{name: image, default: 'a:1'}]"),
            TASK.format("params: {steps: [{image: 'a:1'}]}"),
            TASK.format("results: [{name: image}]"),
            TASK.format("params: {containers: [{image: 'a:1'}]}"),
            TASK.format("volumes: [{name: v, image: {pullPolicy: Always}}]"),
            "apiVersion: v1\nkind: Task\nspec: {steps: [{image: 'a:1'}]}\n",
            "apiVersion: tekton.dev/v1\nspec: {steps: [{image: 'a:1'}]}\n",
        ),
    ),
    "argo-workflows": Table(
        "w.yaml",
        (
            ARGO.format("container: {image: 'a/b:1@'}"),
            ARGO.format("script: {image: python^, source: x}"),
            ARGO.format("initContainers: [{image: 'a:1@'}]\n    sidecars: [{image: 'b:1@'}]"),
            ARGO.format("containerSet: {containers: [{image: 'a:1@'}]}"),
            ARGO.format("volumes: [{name: v, image: {reference: 'a/b:1@'}}]"),
            "apiVersion: argoproj.io/v1alpha1\nkind: Sensor\nspec: {triggers: [{template: {k8s: {source: {resource: "
            "{spec: {templates: [{container: {image: 'a:1@'}}], containers: [{image: 'b:1@'}]}}}}}}]}\n",
            "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nspec: {workflowSpec: {templates: "
            "[{container: {image: 'a:1@'}}]}}\n",
        ),
        {
            ARGO.format("container: {image: '{{inputs.parameters.image}}'}"): ["{{inputs.parameters.image}}"],
            ARGO.format("script: {image: 'a:{{workflow.parameters.v}}'}"): ["a:{{workflow.parameters.v}}"],
        },
        (
            ARGO.format("container: {command: [image]}"),
            ARGO.format("container: {image: ''}"),
            ARGO.format("http: {image: 'a:1'}"),
            ARGO.format("volumes: [{name: v, image: {pullPolicy: Always}}]"),
            ARGO.format("volumes: [{name: v, configMap: {reference: 'a:1'}}]"),
            ARGO.format("inputs: {parameters: [{name: image, value: 'a:1'}]}"),
            ARGO.format("steps: [[{name: image, arguments: {parameters: [{name: image, value: 'a:1'}]}}]]"),
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {container: {image: 'a:1'}}\n",
            "apiVersion: v1\nkind: Workflow\nspec: {templates: [{container: {image: 'a:1'}}]}\n",
        ),
    ),
    "bake": Table(
        "docker-bake.hcl",
        (
            'target "x" { contexts = { a = "docker-image://a/b:1@" } }\n',
            'target "x" {\n  dockerfile-inline = <<A\nFROM a/b:1@\nA\n}\n',
            'target "x" { args = { BUILDKIT_SYNTAX = "a/b:1@" } }\n',
        ),
        {
            'target "x" { contexts = { a = "docker-image://a:${V}" } }\n': ["docker-image://a:${V}"],
            'variable "V" { default = "1" }\ntarget "x" { contexts = { a = "docker-image://a:${V}" } }\n': ["a:${V}"],
        },
        (
            "",
            'target "x" { tags = ["a/b:1"] }\n',
            'target "x" { contexts = { a = "target:b", c = "https://x/y.git", d = "../x" } }\n',
            'target "x" { contexts = { a = "docker-image://" } }\n',
            'target "x" { # contexts = { a = "docker-image://a/b:1" }\n}\n',
            'group "x" { contexts = { a = "docker-image://a/b:1" } }\n',
            'target "x" { cache-from = ["docker-image://a/b:1"] }\n',
            'target "x" {\n  dockerfile-inline = <<A\nFROM scratch\nA\n}\n',
        ),
    ),
    "kustomize": Table(
        "base/kustomization.yaml",
        (
            "images: [{name: a, newTag: '1@'}]\n",
            "images:\n- name: a\n  newName: quay.io/b/c\n  newTag: v1@\n",
            "images: [{name: a, newTag: '1', digest: '~'}]\n",
            "images: [{name: a, newName: '', newTag: '1@'}]\n",
            "images:\n- name: a\n  newName:\n  newTag: v1@\n",
            'images: [{name: a, newTag: "1", digest: "~"}]\n',
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages: [{name: a, newTag: '1@'}]\n",
        ),
        {
            "images: [{name: a, newName: b/c}]\n": ["b/c"],
            "images: [{name: a}]\n": ["a"],
            "images: [{name: a, newTag: 1}]\n": ["a:1"],
            "images: [{name: a, digest: ''}]\n": ["a"],
            "images: [{name: a, newTag: '${TAG}'}]\n": ["a:${TAG}"],
        },
        (
            "resources: [a.yaml]\n",
            "images: []\n",
            "images: [a:1]\n",
            "images: {name: a, newTag: '1'}\n",
            "images: [{newTag: '1'}]\n",
            "images: [{name: ''}]\n",
            "images: [{name: '', newName: '', newTag: '1'}]\n",
            "images: [{newName: null, newTag: '1'}]\n",
            "configMapGenerator: [{name: image, literals: ['images=a:1']}]\n",
            "patches: [{patch: 'image: a:1'}]\n",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./images}\n",
        ),
    ),
    "flux-kustomization": Table(
        "clusters/apps.yaml",
        (
            SYNC.format("images: [{name: a, newTag: '1@'}]"),
            SYNC.format("images:\n  - name: a\n    newName: quay.io/b/c\n    newTag: v1@"),
            SYNC.format("images: [{name: a, newTag: '1', digest: '~'}]"),
        ),
        {
            SYNC.format("images: [{name: a, newName: b/c}]"): ["b/c"],
            SYNC.format("images: [{name: a, newTag: '${TAG}'}]"): ["a:${TAG}"],
            SYNC.format('images:\n  - name: a\n    newTag: v1 # {"$imagepolicy": "x:y:tag"}'): ["a:v1"],
        },
        (
            SYNC.format("path: ./images"),
            SYNC.format("images: []"),
            SYNC.format("images: {name: a, newTag: '1'}"),
            SYNC.format("postBuild: {substitute: {image: 'a:1', images: 'a:1'}}"),
            SYNC.format("patches: [{patch: 'images: [{name: a, newTag: 1}]'}]"),
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nimages: [{name: a, newTag: '1'}]\n",
            "apiVersion: v1\nkind: Kustomization\nspec: {images: [{name: a, newTag: '1'}]}\n",
        ),
    ),
    "helm-values": Table(
        "chart/values.yaml",
        (
            'image: {repository: a/b, tag: "1", digest: "~"}\n',
            "image:\n  registry: quay.io\n  repository: a/b\n  tag: v1\n  digest: '~'\n",
            "images: {hook: {repository: a/b, tag: '1', digest: '~'}}\n",
            "db: {mainImage: {repository: a/b, tag: '1', digest: '~'}}\n",
            "jobImage: quay.io/a/b:1@\nx: {image: 'redis:7@'}\n",
        ),
        {
            "image: {repository: a/b, tag: '1'}\n": ["a/b:1"],
            "image: {repository: a/b, tag: ''}\n": ["a/b"],
            "image: {repository: a/b, tag: '', digest: ''}\n": ["a/b"],
            "image: {repository: a/b, tag: '1', digest: }\n": ["a/b:1"],
            "image: {repository: a/b, tag: 1.10}\n": ["a/b:1.10"],
            "jobImage: quay.io/a/b\n": ["quay.io/a/b"],
            "image: '{{ .Values.x }}/a:1'\n": ["{{ .Values.x }}/a:1"],
        },
        (
            "image: ''\n",
            "image: nginx\n",
            "image:\n",
            "image: {pullPolicy: Always}\n",
            "image: {repository: a/b}\n",
            "image: {tag: '1'}\n",
            "image: {repository: '', tag: '1'}\n",
            "git: {repository: a/b, tag: v1}\n",
            "imagePullSecrets: [{name: a/b:1}]\n",
            "imageTag: a/b:1\n",
            "logoImage: https://a.example/b.png\n",
            "heroImage: img/hero.png\n",
            "coverImage: /assets/cover\n",
            "enableImage: true\n",
            "image: [a/b:1]\n",
            "properties: {image: {type: object, properties: {repository: {type: string}}}}\n",
            "apiVersion: v1\nimage: a/b:1\n",
        ),
    ),
    "flux-helmrelease": Table(
        "apps/release.yaml",
        (
            RELEASE.format("image: {repository: a/b, tag: '1', digest: '~'}"),
            RELEASE.format("sub: {initImage: 'a/b:1@'}"),
        ),
        {
            RELEASE.format("image: {repository: a/b, tag: '1'}"): ["a/b:1"],
            RELEASE.format('image:\n      repository: a/b\n      tag: v1 # {"$imagepolicy": "x:y:tag"}'): ["a/b:v1"],
        },
        (
            RELEASE.format("image: nginx"),
            RELEASE.format("git: {repository: a/b, tag: v1}"),
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {image: {repository: a/b, tag: '1'}}\n",
            "apiVersion: v1\nkind: HelmRelease\nspec: {values: {image: {repository: a/b, tag: '1'}}}\n",
        ),
    ),
    "cloudbuild": Table(
        "ci/cloudbuild.yaml",
        ("steps: [{name: 'gcr.io/cloud-builders/docker:1@', args: [x]}]\n", "steps:\n- name: node^\n"),
        {"steps: [{name: 'gcr.io/$PROJECT_ID/x:1'}]\n": ["gcr.io/$PROJECT_ID/x:1"]},
        (
            "steps: [{id: 'a:1', args: ['a:1']}]\n",
            "steps: []\nimages: ['a:1']\n",
            "steps: [{name: ''}]\n",
            "steps: {name: 'a:1'}\n",
            "availableSecrets: {steps: [{name: 'a:1'}]}\n",
        ),
    ),
    "circleci": Table(
        ".circleci/config.yml",
        (
            "jobs: {a: {docker: [{image: 'cimg/go:1.22@'}, {image: redis^ }]}}\n",
            "executors: {e: {docker: [{image: 'cimg/go:1.22@'}]}}\n",
            "orbs: {o: {jobs: {a: {docker: [{image: 'cimg/go:1.22@'}]}}}}\n",
        ),
        {
            "jobs: {a: {docker: [{image: << parameters.image >>}]}}\n": ["<< parameters.image >>"],
            "jobs: {a: {docker: [{image: 'a:<< parameters.tag >>'}]}}\n": ["a:<< parameters.tag >>"],
            "jobs: {a: {docker: << parameters.d >>}}\n": ["<< parameters.d >>"],
            "executors: {e: {docker: << parameters.d >>}}\n": ["<< parameters.d >>"],
            "orbs: {o: {executors: {e: {docker: << parameters.d >>}}}}\n": ["<< parameters.d >>"],
        },
        (
            "jobs: {a: {machine: {image: 'ubuntu-2204:current'}}}\n",
            "jobs: {a: {docker: {image: 'a:1'}}}\n",
            "jobs: {a: {docker: [{image: ''}]}}\n",
            "jobs: {a: {steps: [{run: 'docker image ls'}]}}\n",
            "jobs: {a: {docker: ''}}\n",
            "jobs: {a: {steps: [{x/y: {docker: << parameters.d >>}}]}}\n",
            "workflows: {w: {jobs: [{a: {docker: << pipeline.parameters.d >>}}]}}\n",
            "parameters: {image: {default: 'a:1'}}\n",
        ),
    ),
    "woodpecker": Table(
        ".woodpecker.yml",
        (
            "steps: {a: {image: 'node:20@'}}\n",
            "steps: [{name: a, image: 'node:20@'}]\nservices: [{image: redis^ }]\n",
            "clone: {git: {image: 'woodpeckerci/plugin-git:2@'}}\n",
        ),
        {"steps: {a: {image: 'node:${V}'}}\n": ["node:${V}"]},
        (
            "steps: {a: {commands: ['image: a:1']}}\n",
            "steps: {a: {image: ''}}\n",
            "steps: {a: {settings: {image: 'a:1'}}}\n",
            "matrix: {image: ['a:1']}\n",
            "image: a:1\n",
        ),
    ),
    "drone": Table(
        ".drone.yml",
        (
            "kind: pipeline\nsteps: [{name: a, image: 'node:20@'}]\n---\nkind: pipeline\nservices: [{image: redis^ }]",
            "kind: pipeline\nclone: {git: {image: 'a/b:1@'}}\n",
        ),
        {"kind: pipeline\nsteps: [{image: 'a:${TAG}'}]\n": ["a:${TAG}"]},
        (
            "kind: secret\nimage: a:1\n",
            "kind: pipeline\nsteps: [{commands: [image]}]\n",
            "kind: pipeline\nsteps: [{settings: {image: 'a:1'}}]\n",
            "kind: pipeline\nplatform: {image: 'a:1'}\n",
        ),
    ),
    "bitbucket-pipelines": Table(
        "bitbucket-pipelines.yml",
        (
            "image: node:20@\n",
            "image: {name: 'node:20@'}\ndefinitions: {services: {db: {image: postgres^ }}}\n",
            "pipelines: {default: [{parallel: [{step: {image: {name: 'a:1@'}}}]}]}\n",
            "pipelines: {custom: {x: [{step: {script: [{pipe: 'docker://a/b:1@'}]}}]}}\n",
        ),
        {"pipelines: {default: [{step: {image: 'a:$TAG'}}]}\n": ["a:$TAG"]},
        (
            "pipelines: {custom: {x: [{variables: [{name: image, default: 'a:1'}]}]}}\n",
            "pipelines: {default: [{step: {script: [{pipe: 'atlassian/x:1'}]}}]}\n",
            "pipelines: {default: [{step: {script: [{pipe: 'a/b:1', variables: {pipe: 'docker://a:1'}}]}}]}\n",
            "pipelines: {default: [{step: {script: ['image: a:1']}}]}\n",
            "definitions: {caches: {image: a}}\n",
            "definitions: {services: {docker: {memory: 1, image: ''}}}\n",
        ),
    ),
    "azure-pipelines": Table(
        "azure-pipelines.yml",
        (
            "resources: {containers: [{container: c, image: 'ubuntu:22.04@'}]}\njobs: [{job: a, container: c}]\n",
            "jobs: [{job: a, container: 'ubuntu:22.04@'}, {job: b, container: {image: 'a/b:1@'}}]\n",
            "stages: [{jobs: [{deployment: d, container: 'a/b:1@'}]}]\n",
            "container: a/b:1@\n",
            "resources:\n  containers:\n  - ${{ if eq(1, 2) }}:\n    - container: c\n      image: a/b:1@\n"
            "  - ${{ else }}:\n    - {container: c, image: a/b:2@}\njobs: [{container: c}]\n",
            "extends:\n  template: x.yml\n  parameters:\n    stages: [{jobs: [{job: j, container: a/b:1@}]}]\n",
            "jobs:\n- ${{ if eq(1, 2) }}:\n  - job: j\n    container: {image: a/b:1@}\n    steps: []\n",
            "container:\n  ${{ if eq(1, 2) }}:\n    image: a/b:1@\n  ${{ else }}:\n    image: a/b:2@\n",
            "container:\n  ${{ if eq(1, 2) }}:\n    ${{ if eq(2, 3) }}: a/b:1@\n",
            "resources:\n  ${{ if eq(1, 2) }}:\n    containers: [{container: c/d, image: a/b:1@}]\n"
            "jobs: [{container: c/d}]\n",
            "resources:\n  containers:\n  - ${{ if eq(1, 2) }}:\n    - ${{ if eq(2, 3) }}:\n"
            "      - {container: c/d, image: a/b:1@}\njobs: [{container: c/d}]\n",
        ),
        {
            "jobs: [{job: a, container: '$[ variables.c ]'}]\n": ["$[ variables.c ]"],
            "jobs: [{job: a, container: {image: '${{ parameters.i }}'}}]\n": ["${{ parameters.i }}"],
        },
        (
            "resources: {containers: [{container: c}]}\ncontainer: c\n",
            "resources: {containers: [{container: a/b}]}\njobs: [{container: a/b}]\n",
            "jobs: [{job: a, container: ubuntu}]\n",
            "jobs: [{job: a, steps: [{container: 'a:1'}]}]\n",
            "jobs: [{job: a, services: {db: 'a:1', container: 'a:1'}}]\n",
            "variables: {container: 'a:1'}\n",
            "parameters: [{name: container, default: 'a:1', container: 'a:1'}]\n",
            "steps: [{task: Docker@2, inputs: {container: 'a:1'}}]\n",
            "resources: {containers: [{env: {image: 'a:1'}, ports: ['80:80'], volumes: ['/a:/b']}]}\n",
            "resources: {containers: [{container: c, type: ACR, registry: r, repository: a/b}]}\n",
            "extends: {template: x.yml, parameters: {image: 'a:1', container: 'a:1', pool: {image: 'a:1'}}}\n",
            "extends: {parameters: {jobs: [{steps: [{container: 'a:1'}], parameters: {container: 'a:1'}}]}}\n",
            "resources: {containers: [{'${{ if x }}': [{container: a/b}]}]}\njobs: [{container: a/b}]\n",
            "pool: {image: 'a:1'}\n",
            "pool: {'${{ if x }}': {image: 'a:1'}}\n",
            "container: {'${{ if x }}': {env: {image: 'a:1'}}}\n",
            "container: {if: {image: 'a:1'}}\n",
            "resources: {'${{ if x }}': {repositories: [{image: 'a:1'}]}}\n",
            "jobs: [{job: a, container: ''}, {job: b, container: }, {job: c, container: [a/b]}]\n",
            "jobs: [{template: x.yml, parameters: {container: 'a:1'}}]\n",
        ),
    ),
    "devcontainer": Table(
        ".devcontainer/devcontainer.json",
        (
            '{"image": "a/b:1@"}\n',
            '{\n\t// c "image": "x:1"\n\t"image": "a/b:1@", /* "image": "y:1" */\n}\n',
            '// ä\n{"name": "http://x", "image": "ghcr.io/a/b^",}\n',
        ),
        {'{"image": "${localEnv:IMAGE}"}\n': ["${localEnv:IMAGE}"]},
        (
            '{"name": "image"}\n',
            '{"features": {"ghcr.io/a/b:1": {}}}\n',
            '{"image": ""}\n',
            '{"customizations": {"image": "a:1"}}\n',
            '{"build": {"args": {"image": "a:1"}}}\n',
            '// "image": "a:1"\n{}\n',
        ),
    ),
}
