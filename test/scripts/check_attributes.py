"""No phase tells another something by the name of an attribute: passes and
libraries name attributes by what their dialect declares (AgreedAttribute.h), so
that one place says what there is, of which type. Nor by the key of a dictionary
attribute: what has parts is an attribute with parameters.

usage: check_attributes.py ROOT
"""

import os
import re
import sys

from house import finish, repository_files

FOLDERS = ("passes/", "lib/")
SOURCES = (".cpp", ".h", ".inc")
# "moe.var", and the stem of a name that is put together: "kernel." + key.
NAME = re.compile(r'"(?:moe|kernel)\.[a-z_]*"')
# A dictionary made or read by a key that stands in the source.
KEY = re.compile(r'\b(?:getNamedAttr\(|(?:getAs|getAttrOfType)<[\w:]+>\()("\w+")')


def main():
    root = sys.argv[1]
    checked, problems = 0, []
    for path in repository_files(root):
        if not path.startswith(FOLDERS) or not path.endswith(SOURCES):
            continue
        checked += 1
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                for name in NAME.findall(line.split("//")[0]):
                    problems.append(f"{path}:{number} has the name {name}; expected the attribute that its "
                                    "dialect declares (KernelFunctions.h, MoEConventions.h)")
                for key in KEY.findall(line.split("//")[0]):
                    problems.append(f"{path}:{number} has the key {key}; expected a parameter of an attribute "
                                    "that the dialect declares")
    finish("files", checked, problems)


if __name__ == "__main__":
    main()
