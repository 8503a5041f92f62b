# Makes an example model small enough to differentiate numerically.
s/28, 28, 1/4, 4, 1/
s/"patch": 4/"patch": 2/
s/"features": 10/"features": 3/
s/"tokens": 49/"tokens": 4/
s/"tokens1": 98/"tokens1": 6/
s/"width1": 64/"width1": 4/
s/"width": (96|128)/"width": 6/
s/"hidden": [0-9]+/"hidden": 3/
s/"experts": [0-9]+/"experts": 3/
s/"count": 1/"count": 2/
s/"classes": \[[^]]*\]/"classes": ["a", "b", "c"]/
