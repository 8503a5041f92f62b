# A repeat of one iteration is inlined, so each is made to run twice.
s/"count": [0-9]+/"count": 2/
