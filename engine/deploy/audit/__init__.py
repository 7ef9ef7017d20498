"""What is looked at before a model leaves this machine. The door is `audit_model` in `audit.py`."""
