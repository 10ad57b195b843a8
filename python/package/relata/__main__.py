"""`python -m relata`: the program."""

import sys

from relata._program import main

if __name__ == "__main__":
    sys.exit(main())
