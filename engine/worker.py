"""Do one job and leave. Run by the supervisor as: python -m engine.worker JOB"""

import sys

from engine.jobs.worker import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
