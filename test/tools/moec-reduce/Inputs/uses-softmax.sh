#!/bin/sh
# Interesting (exit code 1) is IR that uses softmax.
if grep -q moe.softmax "$1"; then exit 1; fi
