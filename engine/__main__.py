"""The command line's door: python -m engine …"""

import sys

from engine.cli.app import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
