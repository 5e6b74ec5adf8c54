#!/usr/bin/env bash
# What a user's CI does: explores a program, keeps what was found, mends it, and proves that.
# Usage: ci.sh FOLDER, with `fearless` on the PATH; FOLDER holds counter.rs.
set -euo pipefail
cd "$1"

code=0
fearless explore counter.rs --schedules 1000 --html found.html --json found.json >found.txt || code=$?
[[ $code == 1 ]] || { echo "the lost update was not found: exit code $code"; exit 1; }

# As it stands there, to be copied.
read -ra replay < <(grep -m 1 '^fearless replay ' found.txt)
code=0
"${replay[@]}" >replayed.txt || code=$?
[[ $code == 1 ]] || { echo "the failing order did not fail again: exit code $code"; exit 1; }

sed -i 's/let seen = .*/visits.fetch_add(1, SeqCst);/; /visits.store/d' counter.rs
fearless explore counter.rs --all >proved.txt
fearless run counter.rs >report.txt
echo passed
