# Install pinner where action/run.py finds it: what it needs as locked, by hash, and pinner from this action's commit.
set -euo pipefail

# -P: a module named pip in the checked-out repository is none of ours. No wheel but pinner's own is built here.
install() {
  "$PYTHON" -P -m pip install --quiet --disable-pip-version-check --no-input "$@"
}

install --target "$RUNNER_TEMP/pinner" --only-binary :all: --require-hashes \
  --requirement "$GITHUB_ACTION_PATH/action/requirements.txt"
install --target "$RUNNER_TEMP/pinner-build" --only-binary :all: --require-hashes \
  --requirement "$GITHUB_ACTION_PATH/action/build-requirements.txt"
PYTHONPATH=$RUNNER_TEMP/pinner-build install --target "$RUNNER_TEMP/pinner" --upgrade \
  --no-index --no-deps --no-build-isolation -- "$GITHUB_ACTION_PATH"
