"""Which of ThreadSanitizer's reports on the compiler are races of moec.

The packages of MLIR and LLVM are built without the sanitizer: what they
synchronise by atomics and the guards of static variables it cannot see. So a
report counts where both accesses are made by instrumented code. A file of
suppressions cannot say this, since it matches any frame of a stack, and every
task of the compiler's threads runs below such code."""

import re

# Functions that the sanitizer itself stands in for: the caller is the one to judge.
STANDS_IN = re.compile(r"(operator (new|delete)|mem(cpy|move|set)|[mc]alloc|realloc|free|pthread_\w+)\b")


def accesses(report):
    """The innermost frame of each access that is not the sanitizer's own; None
    where the stack could not be restored."""
    stacks = re.split(r"\n\s*\n", report.strip())[:2]
    frames = [re.findall(r"^\s*#\d+ (.*)$", stack, re.M) for stack in stacks]
    return [next((frame for frame in stack if not STANDS_IN.match(frame)), None) for stack in frames]


def is_ours(frame):
    # The state of a task is counted down by a shared_ptr inside of libMLIR.
    return frame is not None and not re.search(r"\.so[.\d]*\+0x", frame) and "std::__future_base" not in frame


def races(text):
    """The reports in a log of ThreadSanitizer that count."""
    reports = [part for part in re.split(r"^=+$", text, flags=re.M) if "WARNING: ThreadSanitizer" in part]
    return [report for report in reports if "data race" not in report or all(map(is_ours, accesses(report)))]
