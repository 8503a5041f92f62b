# Sourced by the scripts beside it: progress lines and clear ends.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
started=$SECONDS

# say TEXT: one progress line with the time of day and the time since start.
say() {
  local spent=$((SECONDS - started))
  printf '[%s +%d:%02d] %s\n' "$(date +%H:%M:%S)" $((spent / 60)) $((spent % 60)) "$*"
}

# die CODE TEXT...: says each TEXT on a line of its own and ends with CODE.
# Codes as in the tools: 1 failure, 2 usage, 4 resources (a missing package).
die() {
  local code=$1
  shift
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit "$code"
}

# Tests and build rules name files in shell commands: refuse a folder whose name
# would fall apart there (CMakeLists.txt says the same to those who call cmake).
case "$root" in
*[!A-Za-z0-9_./+@%,:=-]*)
  die 1 "moec cannot be built in the folder '$root'" \
    "expected: a path of letters, digits and _ . / + @ % , : = -" "fix: move the folder or give it another name"
  ;;
esac

# build_moec: configures the release preset and builds everything.
build_moec() {
  local jobs=${MOEC_JOBS:-$(nproc)}
  say "configure (preset release)"
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset release >build/configure.log 2>&1) || {
    cat "$root/build/configure.log" >&2
    die 1 "cmake --preset release failed; its output stands above"
  }
  say "build with $jobs jobs"
  # NINJA_STATUS gives plain, countable lines where there is no terminal.
  NINJA_STATUS='[%f/%t %es] ' ninja -C "$root/build" -j "$jobs" ||
    die 1 "the build failed; the first error stands above"
  say "build done"
}
