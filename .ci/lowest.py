"""Write the lowest versions that pyproject.toml allows, as requirements: `lowest.py FILE`."""

import sys
from importlib.metadata import requires
from pathlib import Path

bounds = [requirement.partition(";")[0].strip() for requirement in requires("pokitdok-session")]
lowest = "".join(f"{bound.replace('>=', '==')}\n" for bound in bounds)
Path(sys.argv[1]).write_text(lowest, encoding="utf-8")
print(lowest)
