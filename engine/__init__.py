"""Malmoi's engine: everything the pages and the command line can do. It knows nothing of Streamlit."""

import os

# Threads that wait for each other sleep instead of spinning: where another process wants the cores too, two spinning threads of
# torch answered at 2 tokens a second what sleeping ones did at 50 to 90. Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
