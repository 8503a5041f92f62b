"""Gives all contractions of a tuning file one schedule: change_tuning.py FILE JSON OUTPUT."""
import json
import sys

with open(sys.argv[1]) as file:
    tuning = json.load(file)
for name, entry in tuning["schedules"].items():
    if name.startswith("contract "):
        entry.update(json.loads(sys.argv[2]))
with open(sys.argv[3], "w") as file:
    json.dump(tuning, file)
