#!/usr/bin/env bash
# The one way in: checks what the machine has, builds and registers the kernel, opens the lessons.
# Safe to run again at any time: what is there already is left as it is.
set -euo pipefail

readonly MIN_CARGO_MAJOR=1 MIN_CARGO_MINOR=95
readonly HELP="usage: ./install.sh [COMMAND] [--prefix P] [-- ARGUMENTS]

  (none)      build the kernel and register it with Jupyter
  lab         the same, then open the lessons in JupyterLab (ARGUMENTS go to JupyterLab)
  export      the same, then run every lesson and write it as HTML to site/
  wheel       build the kernel and put it, with the lessons, into a wheel for pip, in dist/
  vscode      pack the renderer of reports for VS Code's notebooks as dist/fearless-*.vsix
  test        everything that CI runs (ARGUMENTS go to pytest)
  uninstall   remove what this script made

  --prefix P  register under P/share/jupyter instead of for the current user
  --help      this text

Settings: RUST_SRC_PATH says where the standard library's sources are (a folder named library)."

case ${BASH_SOURCE[0]} in
  */*) ROOT=$(cd "${BASH_SOURCE[0]%/*}" && pwd) ;;
  *) ROOT=$PWD ;;
esac
readonly ROOT
readonly VENV=$ROOT/.venv

command=install
prefix=""
extra=()
given_sources=${RUST_SRC_PATH:-}

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

parse_arguments() {
  local seen=""
  while (($#)); do
    case $1 in
      -h | --help)
        say "$HELP"
        exit 0
        ;;
      --prefix=*) prefix=${1#*=} ;;
      --prefix)
        (($# > 1)) || fail "--prefix needs a folder"
        prefix=$2
        shift
        ;;
      --)
        shift
        extra=("$@")
        break
        ;;
      install | lab | export | wheel | vscode | test | uninstall)
        [[ -z $seen ]] || fail "one command at a time, not \`$seen\` and \`$1\`; see ./install.sh --help"
        seen=$1
        command=$1
        ;;
      *) fail "unknown argument \`$1\`; see ./install.sh --help" ;;
    esac
    shift
  done
  if [[ -n $prefix && $prefix != /* ]]; then prefix=$PWD/$prefix; fi
}

# ---- what the machine has ------------------------------------------------------------------------

# The command that installs a package here, for messages.
install_hint() { # Debian's name, Fedora's, Arch's, Homebrew's
  if has apt-get; then
    say "sudo apt-get install $1"
  elif has dnf; then
    say "sudo dnf install $2"
  elif has pacman; then
    say "sudo pacman -S $3"
  else
    say "$4"
  fi
}

# Prints one line for each missing tool; fails when there was any.
check_tools() {
  local missing=() version major minor
  local rustup_hint="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
  if ! has cargo || ! has rustc; then
    missing+=("cargo (Rust $MIN_CARGO_MAJOR.$MIN_CARGO_MINOR or newer): $rustup_hint")
  else
    version=$(cargo --version 2>/dev/null || true)
    if [[ $version =~ ([0-9]+)\.([0-9]+)\. ]]; then
      major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    else
      major=0 minor=0
    fi
    if ((major < MIN_CARGO_MAJOR || (major == MIN_CARGO_MAJOR && minor < MIN_CARGO_MINOR))); then
      if has rustup; then
        missing+=("cargo $MIN_CARGO_MAJOR.$MIN_CARGO_MINOR or newer (this is ${version:-broken}): rustup update stable")
      else
        missing+=("cargo $MIN_CARGO_MAJOR.$MIN_CARGO_MINOR or newer (this is ${version:-broken}): $rustup_hint")
      fi
    fi
  fi
  has cc || missing+=("a C linker (cc): $(install_hint build-essential gcc base-devel 'xcode-select --install')")
  if ! has python3; then
    missing+=("python3 with venv: $(install_hint 'python3 python3-venv' python3 python 'brew install python')")
  elif ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then
    missing+=("python3's venv module: $(install_hint python3-venv python3 python 'brew install python')")
  fi
  if ((${#missing[@]})); then
    printf 'missing: %s\n' "${missing[@]}" >&2
    fail "install the above (${#missing[@]} missing), then run this again"
  fi
}

# Runs a command as root, where that needs no password.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif has sudo && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

# Installs Debian packages without asking; fails where that can't be done.
apt_install() {
  has apt-get || return 1
  as_root true 2>/dev/null || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

has_sources() { [[ -f $1/std/src/lib.rs && -f $1/core/src/lib.rs ]]; }

# Prints the folder in which the standard library's sources are, if they are.
find_sources() {
  local folder
  for folder in "$given_sources" "$(rustc --print sysroot)/lib/rustlib/src/rust/library"; do
    if [[ -n $folder ]] && has_sources "$folder"; then
      say "$folder"
      return 0
    fi
  done
  has dpkg || return 1
  while IFS= read -r folder; do
    if [[ $folder == */library ]] && has_sources "$folder"; then
      say "$folder"
      return 0
    fi
  done < <(dpkg -L rust-web-src 2>/dev/null)
  return 1
}

# Completion and inspection know the standard library from these sources; cells run without.
provide_sources() {
  if [[ -n $given_sources ]] && ! has_sources "$given_sources"; then
    fail "RUST_SRC_PATH is $given_sources, which holds no std/src/lib.rs: point it at a folder named library, or unset it"
  fi
  find_sources >/dev/null && return
  say "getting the standard library's sources"
  # A rustup without network answers late; two minutes are enough for a slow line.
  if has rustup && timeout 120 rustup component add rust-src >/dev/null 2>&1 && find_sources >/dev/null; then
    return
  fi
  if apt_install rust-web-src && find_sources >/dev/null; then return; fi
  say "the standard library's sources are not here and could not be fetched: cells run without, but completion and
inspection don't know the library. To have them, do one of:
  rustup component add rust-src
  sudo apt-get install rust-web-src
  export RUST_SRC_PATH=<the folder named library of a Rust source tree>"
}

# ---- building and registering --------------------------------------------------------------------

build_kernel() {
  say "building the kernel (the first time takes some minutes)"
  (cd "$ROOT" && cargo build --release --locked --package fearless)
}

target_folder() { say "${CARGO_TARGET_DIR:-$ROOT/target}"; }

# The pinned Jupyter of a requirements file, in .venv.
provide_venv() { # requirements file
  local stamp=$VENV/.installed-${1##*/}
  local wanted
  wanted=$(cat "$ROOT/requirements.txt" "$1")
  if [[ -x $VENV/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]]; then return; fi
  say "installing ${1#"$ROOT"/} into .venv"
  [[ -x $VENV/bin/python ]] || python3 -m venv "$VENV"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r "$1" ||
    fail "cannot install Jupyter into .venv: see pip's message above, and run this again with network"
  printf '%s\n' "$wanted" >"$stamp"
}

# Puts a Jupyter that has what we use first on PATH: the one that is there, or our own.
provide_jupyter() {
  if has jupyter && jupyter lab --version >/dev/null 2>&1 &&
    jupyter nbconvert --version >/dev/null 2>&1; then
    return
  fi
  provide_venv "$ROOT/requirements.txt"
  export PATH=$VENV/bin:$PATH
}

data_folder() {
  if [[ -n $prefix ]]; then
    say "$prefix/share/fearless"
  else
    say "${XDG_DATA_HOME:-$HOME/.local/share}/fearless"
  fi
}

# Where Jupyter looks for kernelspecs: the same place as the kernel's own `install`.
kernels_folder() {
  if [[ -n $prefix ]]; then
    say "$prefix/share/jupyter/kernels"
  elif [[ -n ${JUPYTER_DATA_DIR:-} ]]; then
    say "$JUPYTER_DATA_DIR/kernels"
  elif [[ $OSTYPE == darwin* ]]; then
    say "$HOME/Library/Jupyter/kernels"
  else
    say "${XDG_DATA_HOME:-$HOME/.local/share}/jupyter/kernels"
  fi
}

where_to_register() {
  if [[ -n $prefix ]]; then
    printf '%s\n' --prefix "$prefix"
  else
    say --user
  fi
}

# A Jupyter that is started from elsewhere doesn't have our environment: the kernelspec tells it.
remember_sources() {
  python3 - "$(kernels_folder)/fearless/kernel.json" "$given_sources" <<'PYTHON'
import json, sys
path, sources = sys.argv[1:]
with open(path) as file:
    spec = json.load(file)
spec.setdefault("env", {})["RUST_SRC_PATH"] = sources
with open(path, "w") as file:
    json.dump(spec, file, indent=2)
PYTHON
}

# Copies the program out of the build folder, so that `cargo clean` doesn't break the kernel, and
# writes the kernelspec that starts the copy.
register_kernel() {
  local folder program where
  folder=$(data_folder)/bin
  program=$folder/fearless
  mapfile -t where < <(where_to_register)
  mkdir -p "$folder"
  # A running kernel keeps its own copy: the new one takes the name in one step.
  cp "$(target_folder)/release/fearless" "$program.new"
  mv -f "$program.new" "$program"
  "$program" install "${where[@]}"
  if [[ -n $given_sources ]]; then remember_sources; fi
  if [[ -n $prefix ]]; then
    export JUPYTER_PATH=$prefix/share/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}
  fi
}

# The kernel as Jupyter starts it, over all its channels: a cell with a thread and a lock, a
# variable that needs the sources, the stop button. It says itself what to do about a failure.
check_kernel() {
  "$(data_folder)/bin/fearless" check ||
    fail "the kernel is registered, but does not work: see above, and run this again"
}

# JupyterLab shows pictures in outputs that it didn't make itself only in a notebook that is signed.
trust_lessons() {
  jupyter trust "$ROOT"/notebooks/[0-9]*.ipynb >/dev/null ||
    say "could not sign the lessons: their outputs show whole only after they have run"
}

install_kernel() {
  check_tools
  provide_sources
  build_kernel
  provide_jupyter
  register_kernel
  trust_lessons
  check_kernel
}

# ---- commands ------------------------------------------------------------------------------------

jupyter_command() {
  if [[ $(command -v jupyter) == "$VENV/bin/jupyter" ]]; then
    say ".venv/bin/jupyter"
  else
    say "jupyter"
  fi
}

say_next_steps() {
  say "" "The kernel \"Rust (Fearless)\" is ready. Next:"
  say "  ./install.sh lab       open the lessons in JupyterLab"
  say "  ./install.sh export    write the lessons as HTML to site/"
  say "  $(jupyter_command) lab            any notebook: choose \"Rust (Fearless)\" as its kernel"
}

open_lab() {
  local options=() first
  # JupyterLab refuses to start for root otherwise.
  if ((EUID == 0)); then options+=(--allow-root); fi
  first=$(cd "$ROOT/notebooks" && printf '%s\n' 0*.ipynb | head -n 1)
  exec jupyter lab "${options[@]}" --ServerApp.root_dir="$ROOT/notebooks" \
    --LabApp.default_url="/lab/tree/$first" ${extra[@]+"${extra[@]}"}
}

export_lessons() {
  mkdir -p "$ROOT/site"
  (cd "$ROOT/notebooks" && ./export "$ROOT/site")
  say "the lessons are in site/: open site/index.html"
}

# What Jupyter finds in the prefix into which pip installs: the kernelspec, whose command line
# begins at its own folder, and the lessons.
stage_wheel() { # folder
  local share=$1/data/data/share
  rm -rf "$1"
  mkdir -p "$share/jupyter/kernels/fearless" "$share/fearless/lessons"
  "$(target_folder)/release/fearless" install --prefix "$1/data/data" >/dev/null
  python3 - "$share/jupyter/kernels/fearless/kernel.json" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as file:
    spec = json.load(file)
spec["argv"][0] = "{resource_dir}/../../../../bin/fearless"
with open(sys.argv[1], "w") as file:
    json.dump(spec, file, indent=2)
PYTHON
  cp "$ROOT"/notebooks/[0-9]*.ipynb "$ROOT"/notebooks/README.md "$share/fearless/lessons"
  cp -r "$ROOT/notebooks/pictures" "$share/fearless/lessons"
  cp "$ROOT/kernel/wheel/pyproject.toml" "$ROOT"/LICENSE-* "$1"
  # The picture lies in the clone; a wheel's description is text alone.
  sed '/^!\[/d' "$ROOT/README.md" >"$1/README.md"
}

# Zig links to the functions that an old glibc has, so that the binary runs on all systems since
# 2014. Leaves $wheel_tools/bin/maturin, and the linker for a kind of machine: this one's or
# another.
provide_wheel_tools() { # processor
  wheel_tools=$(target_folder)/wheel-tools
  if [[ ! -x $wheel_tools/bin/maturin ]]; then
    python3 -m venv "$wheel_tools"
    "$wheel_tools/bin/python" -m pip install --quiet --disable-pip-version-check maturin==1.16.0 ziglang==0.17.1 ||
      fail "cannot install maturin and ziglang: see pip's message above, and run this again with network"
  fi
  printf '#!/bin/sh\nexec "%s" -m ziglang cc -target %s-linux-gnu.2.17 "$@" "%s"\n' \
    "$wheel_tools/bin/python" "$1" "$ROOT/kernel/wheel/old_glibc.c" >"$wheel_tools/linker-$1"
  chmod +x "$wheel_tools/linker-$1"
}

# Nothing of evcxr's tree is built again. Maturin reads what is in the binary, and refuses one that
# needs a newer glibc.
build_wheel() {
  local stage machine
  stage=$(target_folder)/wheel
  machine=$(uname -m)
  stage_wheel "$stage"
  provide_wheel_tools "$machine"
  (cd "$stage" && "$wheel_tools/bin/maturin" build --release --locked --compatibility manylinux_2_17 --auditwheel check \
    --out "$ROOT/dist" -- -Clinker="$wheel_tools/linker-$machine")
}

# The files that VS Code's renderer shares with JupyterLab's extension lie in one folder; the
# manifest is its own.
build_vscode() {
  local stage
  has npx || fail "npm's npx is missing: $(install_hint npm nodejs-npm npm 'brew install node')"
  stage=$(target_folder)/vscode
  rm -rf "$stage"
  mkdir -p "$stage" "$ROOT/dist"
  cp -r "$ROOT/kernel/labextension/vscode/." "$ROOT/kernel/labextension/static" "$stage"
  cp "$ROOT/LICENSE-MIT" "$stage/LICENSE"
  (cd "$stage" && npx --yes @vscode/vsce@3.9.2 package --no-dependencies --allow-missing-repository --out "$ROOT/dist/")
}

uninstall_kernel() {
  local folder where
  folder=$(data_folder)
  mapfile -t where < <(where_to_register)
  if [[ -x $folder/bin/fearless ]]; then "$folder/bin/fearless" uninstall "${where[@]}"; fi
  rm -rf "${folder:?}/bin"
  rmdir "$folder" 2>/dev/null || true
  if [[ -z $prefix ]]; then rm -rf "$VENV" "$ROOT/site" "${XDG_CACHE_HOME:-$HOME/.cache}/fearless"; fi
  say "removed the kernel; target/ (the build) and the standard library's sources stay"
}

main() {
  parse_arguments "$@"
  case $command in
    install)
      install_kernel
      say_next_steps
      ;;
    lab)
      install_kernel
      open_lab
      ;;
    export)
      install_kernel
      export_lessons
      ;;
    wheel)
      check_tools
      build_kernel
      build_wheel
      say "the wheel is in dist/: pip install it where Jupyter is, with [lab] to get JupyterLab, with [nocc] a C compiler"
      ;;
    vscode)
      build_vscode
      say "in VS Code: Extensions, ..., Install from VSIX; or: code --install-extension dist/fearless-*.vsix"
      ;;
    test) exec "$ROOT/tests/run" -- ${extra[@]+"${extra[@]}"} ;;
    uninstall) uninstall_kernel ;;
  esac
}

# `tests/run` takes over these functions; piped to a shell, there is no name to compare.
if [[ -z ${BASH_SOURCE[0]-} || ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
