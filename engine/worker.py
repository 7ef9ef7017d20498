"""Do one job and leave. Run by the supervisor as: python -m engine.worker JOB"""

import sys

if __name__ == "__main__":
    import engine.light  # noqa: F401  (first)
    from engine.jobs.worker import main  # here, for the processes of a pool import this file and need none of it

    sys.exit(main(sys.argv[1]))
