#!/usr/bin/env bash
# bench/compare.sh REF [arguments of bench/whole.ts]
#
# Runs this work tree beside another version of it, by turns in fresh processes: `bench/compare.sh main --rounds 9 many`.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: bench/compare.sh REF [--rounds N] [KIND…]" >&2; exit 2; }
ref=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
base=$(mktemp -d)
trap 'git -C "$root" worktree remove --force "$base/tree" 2>/dev/null || true; rm -rf "$base"' EXIT

git -C "$root" worktree add --quiet --detach "$base/tree" "$ref"
ln -s "$(realpath "$root/node_modules")" "$base/tree/node_modules"
for tree in "$base/tree" "$root"; do (cd "$tree" && npx tsc -p tsconfig.build.json); done

cd "$root"
node --import ./scripts/typescript.js bench/generate.ts
node --import ./scripts/typescript.js bench/whole.ts --against "$base/tree" "$@"
