"""A worker in a process of its own, to be killed: `python -m tests.benchmarks.webhook_worker URL KEY_FOLDER LEASE`."""

from __future__ import annotations

import sys

from api.settings import Settings
from api.webhooks import schedule
from api.webhooks.running import new_runner
from api.webhooks.sealing import Sealer
from api.webhooks.worker import Pace, Worker
from store_model.db import open_database


async def main(url: str, folder: str, lease: float) -> None:
    """Deliver until killed; failed calls are tried again after a second, so that a run ends in minutes."""
    schedule.WAITS = (1,) * 20
    sealer = Sealer(Settings(data_dir=folder, database_url=url))
    await Worker(open_database(url), sealer, pace=Pace(lease=lease), allow_loopback=True).run()


if __name__ == "__main__":
    with new_runner() as runner:
        runner.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
