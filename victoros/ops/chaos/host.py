"""`victor worker` on a host of a fault run: the real one, which also knows the programs of fault runs.

`python -m victoros.ops.chaos.host --home DIR`; how many cells is read from VICTOR_CELLS, as Django is loaded first.
"""

import sys
from importlib import import_module

from victoros.ops import workhost
from victoros.ops.django_setup import load_django

if __name__ == "__main__":
    load_django()
    import_module("victoros.ops.chaos.programs")
    sys.exit(workhost.run(sys.argv[1:]))
