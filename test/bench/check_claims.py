#!/usr/bin/env python3
"""bench/claims without timings: its models are the zoo's, its table adds up."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys

root, build = map(pathlib.Path, sys.argv[1:])
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("claims", str(root / "bench/claims"))
claims = importlib.util.module_from_spec(importlib.util.spec_from_loader("claims", loader))
loader.exec_module(claims)

for name, (batch, published, models) in claims.CLAIMS.items():
    assert "arXiv" in published or "the same" in published, name
    assert len(models) >= 2, name
    for label, arguments in models:
        subprocess.run([build / "bin/moec", "zoo", *arguments, "--batch", str(batch)],
                       check=True, stdout=subprocess.DEVNULL)

rows = [{"model": "a", "parameters": 2e6, "gflop": 1.5, "ms": 10.0, "spread": 0.1,
         "time_ratio": 1.0, "flop_ratio": 1.0},
        {"model": "b", "parameters": 8e6, "gflop": 3.0, "ms": 25.0, "spread": 0.0,
         "time_ratio": 2.5, "flop_ratio": 2.0}]
text = claims.table("x", 4, "so much", rows)
assert "| b | 8.0 M | 3.00 | 25 | 0 % | 2.50x | 2.00x |" in text, text

done = subprocess.run([sys.executable, "-B", root / "bench/claims", "banana"],
                      capture_output=True, text=True)
assert done.returncode == 2 and "unknown claim 'banana'" in done.stderr, done.stderr
print(f"{len(claims.CLAIMS)} claims")
