#!/usr/bin/env bash
# The long proofs: many times as many generated cases as `make test` has. One after the other, each
# with the line that docs/proofs.md wants as soon as it has ended, so that a run which is broken off
# was not for nothing. Arguments are names of proofs; all of them without. Other seeds are chosen by
# DATONG_RANDOM_FIRST_SEED, DATONG_PEER_FIRST_SEED and DATONG_NO_LEAK_FIRST_SEED.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
wanted=("$@") failed=0

prove() {  # prove NAME FILE...: what the environment of this call asks for
  local name=$1 begin=$SECONDS
  shift
  if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
  printf '\n=== %s\n' "$name"
  .venv/bin/python -m pytest --quiet --numprocesses auto --maxprocesses 8 --timeout 3600 "$@" \
    2>&1 | tee "$log/$name"
  local status=${PIPESTATUS[0]}
  if [ "$status" -ne 0 ]; then failed=1; fi
  printf '%s at %s: exit %d after %d s; %s\n' "$name" "$(git rev-parse --short HEAD)" "$status" \
    $((SECONDS - begin)) "$(tail -n 1 "$log/$name")" | tee -a "$log/summary"
}

export HYPOTHESIS_PROFILE=ci
mapfile -t invented < <(grep -rlE '^from hypothesis' tests --include='test_*.py')

prove invented "${invented[@]}"
DATONG_RANDOM_SCHEMAS=2000 prove monolith tests/properties/test_federation_equals_monolith.py
DATONG_RANDOM_SCHEMAS=500 prove compiled tests/properties/test_execution_compiled.py
DATONG_RANDOM_SCHEMAS=2000 prove faults tests/properties/test_execution_faults.py
DATONG_RANDOM_DEFERRING_SCHEMAS=400 prove deferred tests/properties/test_incremental_delivery.py
DATONG_NO_LEAK_SCHEMAS=100 prove rights tests/no_leak/test_random_rights.py
DATONG_NO_LEAK_SCHEMAS=100 prove pipeline tests/no_leak/test_random_pipeline.py
DATONG_PEER_SCHEMAS=300 prove plans tests/peers/test_plans.py
DATONG_PEER_COMPOSITIONS=1000 prove compositions tests/peers/test_random_composition.py
DATONG_KILLS=50 prove stores tests/unit/audit/test_store.py tests/unit/audit/test_store_on_postgresql.py
DATONG_KILLS=50 prove gateways tests/http/test_audit_crashes.py
DATONG_DISTINCT_OPERATIONS=100000 prove operations tests/unit/execution/test_compiled.py

printf '\n=== summary\n'
cat "$log/summary"
exit "$failed"
