"""Gives a module each flag of the group "Compiling a JSON model" in --help.

usage: compile_flags.py MODULE

Every one must be refused as a usage error that names it.
"""

import re
import subprocess
import sys

VALUES = {"--precision": "bf16", "--memory-limit": "1GiB", "--disable-pass": "fuse-emit"}
ARGUMENTS = {
    "run": [],
    "train": ["--data", "idx:none"],
    "eval": ["--weights", "none", "--data", "idx:none"],
    "classify": ["--weights", "none", "--data", "idx:none"],
    "bench": [],
    "inspect": [],
}

tried = 0
for command, arguments in ARGUMENTS.items():
    text = subprocess.run(["moec", command, "--help"], capture_output=True, text=True).stdout
    group = text.split("Compiling a JSON model:\n")[1].split("\n\n")[0]
    flags = re.findall(r"^ {2}(?:-\w,)?(--[-\w]+)(?:,\S+)?( [A-Z]+)?", group, re.M)
    if len(flags) < 7:
        sys.exit(f"{command} --help lists only {flags}")
    for flag, valued in flags:
        value = [VALUES.get(flag, "x")] if valued else []
        result = subprocess.run(
            ["moec", command, sys.argv[1], *arguments, flag, *value], capture_output=True, text=True
        )
        expected = f"moec: error: {command}: {flag} would come too late"
        if result.returncode != 2 or not result.stderr.startswith(expected):
            sys.exit(f"{command} {flag}: exit code {result.returncode}, {result.stderr}")
        tried += 1
print(tried, "refused")
