#!/bin/sh
# Run benchmarks/gpu.py on a machine that may lack some packages and the network.
#
#   sh benchmarks/gpu.sh WHEELS [flags of gpu.py]
#
# WHEELS is a folder of wheels for what is missing there; make it beforehand on a machine with a network, for example by
#   pip download --no-deps --dest WHEELS pooch platformdirs rich
set -eu
wheels=$1
shift
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
python3 -m pip install --quiet --no-index --no-deps --no-compile --target "$site" "$wheels"/*.whl
PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH} python3 "$(dirname "$0")/gpu.py" "$@"
