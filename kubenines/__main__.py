"""The command line: `kubenines` and `python -m kubenines`."""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main())
