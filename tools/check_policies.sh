#!/bin/sh
# The policies as OPA's own tools see them: strict check, tests, format.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:${GOBIN:-$HOME/go/bin}"
if ! command -v opa >/dev/null; then
  echo "SKIPPED: checks of policies/rego by opa, which is not on PATH" >&2
  exit 0
fi
# cases/ and schemas/ are tables and JSON Schemas for other tools, not data of the policies.
ignore="--ignore cases --ignore schemas"
# shellcheck disable=SC2086
opa check --strict $ignore policies/rego
# shellcheck disable=SC2086
opa test $ignore policies/rego
opa fmt --fail --list policies/rego
