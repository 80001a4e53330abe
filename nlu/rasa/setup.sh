#!/bin/sh
# A Rasa 3.6 in an environment of its own (.venv/rasa), trained on nlu/data: `make rasa`. RASA_PYTHON names the Python.
# With the word install it stops before the training.
set -eu
cd "$(dirname "$0")/../.."
bin=$PWD/.venv/bin
rasa=$PWD/.venv/rasa
for python in "${RASA_PYTHON:-}" "$HOME"/.pyenv/versions/3.10.*/bin/python "$HOME"/.pyenv/versions/3.9.*/bin/python \
  "$(command -v python3.10 || true)" "$(command -v python3.9 || true)"; do
  [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 9), (3, 10)))' 2> /dev/null && break
  python=
done
if [ -z "$python" ]; then
  "$bin/uv" python install -q 3.10 && python=$("$bin/uv" python find 3.10) || {
    echo "Rasa needs Python 3.10 or 3.9: install one and say RASA_PYTHON=/its/python make rasa" >&2
    exit 1
  }
fi
[ -x "$rasa/bin/python" ] || "$python" -m venv "$rasa"
echo "Installing Rasa with $python ..."
"$bin/uv" pip install -q --python "$rasa/bin/python" -r nlu/rasa/requirements.txt ||
  "$rasa/bin/python" -m pip install -q -r nlu/rasa/requirements.txt
[ "${1:-}" = install ] && exit 0
"$bin/python" -m nlu.train --rasa "$rasa/project"
cd "$rasa/project"
echo "Training on all of nlu/data; this takes long (an hour or more on two cores) ..."
"$rasa/bin/rasa" train nlu --nlu data
echo "Start it:  cd $rasa/project && $rasa/bin/rasa run --enable-api -i 127.0.0.1 -p 5005"
echo "Then set nlu.engine: rasa in config.yaml; for the tests: WUYOU_RASA_URL=http://127.0.0.1:5005 make test"
