# Install pinner where action/run.py finds it. Inputs come in the environment.
set -euo pipefail

if [ -n "${INPUT_VERSION:-}" ]; then
  package="digest-pinner==$INPUT_VERSION"
else
  package=$GITHUB_ACTION_PATH
fi
# -P: a module named pip in the checked-out repository is none of ours.
"$PYTHON" -P -m pip install --quiet --disable-pip-version-check --target "$RUNNER_TEMP/pinner" -- "$package"
