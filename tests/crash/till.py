"""A process that books until it is killed: earns, frees, orders, hands over; says aloud what was committed."""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta

from bot.ledger import Earning, Order, Scheme
from bot.store import Database
from tests.bot.ledger.till import Till, thing
from tests.town import NOON

SCHEME = Scheme(hold=timedelta(0), day=10**6, month=10**6)


def main(url: str, run: str) -> None:
    db = Database.open(url)
    till = Till(db, SCHEME, NOON + timedelta(days=int(run)))
    till.resident(f"r{run}")
    for n in itertools.count():
        key = f"{run}-{n}"
        if isinstance(till.earn(f"r{run}", thing(key)), Earning):
            print(f"tenant:{key}", flush=True)
        till.payday()
        ordered = till.order(f"r{run}", "rice")
        if isinstance(ordered, Order):
            print(ordered.code, flush=True)
            if n % 2:
                till.hand_over(ordered.code)
                print(f"{ordered.code} fetched", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
