"""What one ships stands alone: a program needs no LLVM or MLIR, not even
through another library, and is small.

usage: check_standalone.py PROGRAM READELF MAX_BYTES
"""

import os
import re
import subprocess
import sys

from house import finish

FORBIDDEN = re.compile(r"LLVM|MLIR|clang|lld", re.I)


def main():
    program, readelf, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
    problems = []
    # ldd lists what the loader really takes, directly needed or not.
    loaded = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    for line in loaded.splitlines():
        if FORBIDDEN.search(line.split("=>")[0]):
            problems.append(f"{program} loads {line.strip()}")
        if "not found" in line:
            problems.append(f"{program} needs a library that is not there: {line.strip()}")
    # A static link would not show up there, but its symbols do.
    symbols = subprocess.run([readelf, "--symbols", "--dyn-syms", "--wide", program],
                             capture_output=True, text=True, check=True).stdout
    foreign = sorted(set(re.findall(r"\b_ZN\w*?\d(?:llvm|mlir)\w*", symbols)))
    if foreign:
        problems.append(f"{program} holds {len(foreign)} symbols of LLVM, such as {foreign[0]}")
    size = os.path.getsize(program)
    print(f"{program}: {size} bytes\n{loaded}", end="")
    if size > most:
        problems.append(f"{program} has {size} bytes, more than {most}")
    finish("program", 1, problems)


if __name__ == "__main__":
    main()
