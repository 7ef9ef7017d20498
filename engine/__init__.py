"""Malmoi's engine: everything the pages and the command line can do. It knows nothing of Streamlit."""
