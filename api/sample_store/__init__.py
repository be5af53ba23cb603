"""An invented store, complete in every section of the back office: for the README, the tests and for trying things.

All of it is made up and the same each time, but for the passwords and the moment it is made for. See `make`.
"""

from api.sample_store.build import Made, SampleExists, make

__all__ = ["Made", "SampleExists", "make"]
