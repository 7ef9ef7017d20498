"""Loads sqlite_utils without pandas and numpy, of which it wants the names of a few types that nobody here stores.

To be imported first by a process that is about to start and may never need them: 0.5 s and 60 MB less. Not in the dashboard,
where another thread may be importing pandas at the same moment.
"""

import sys

HEAVY = ("numpy", "pandas")

_hidden = [name for name in HEAVY if name not in sys.modules]
for _name in _hidden:
    sys.modules[_name] = None  # type: ignore[assignment]  # "not installed", in the words of the import system
try:
    import sqlite_utils  # noqa: F401
finally:
    for _name in _hidden:
        del sys.modules[_name]
