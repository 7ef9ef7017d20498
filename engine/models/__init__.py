"""Base models: catalogue, loading, chat templates, and the starter model. Knows nothing of rows or runs."""

import os

# read by huggingface_hub when it is first imported: nothing about this machine is to be reported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
