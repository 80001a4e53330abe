"""Registrations of tenants in rows: each under a key of its own; of document and address blind indexes beside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel

from bot.documents import Document, DocumentKind
from bot.ledger import Rule, Scheme
from bot.store import earnings, ledger
from bot.store.columns import Big, Bytes, Utc, Words
from bot.store.private import DataKey, Keys, opened
from bot.store.ready import Both
from bot.store.rows import Stale, Values, key_of, sealing
from bot.store.shredding import shred
from bot.store.tables import STRICT, one_of, table, where
from bot.tenancy import EMPTY, LIVES, Around, By, State, Tenancy, thing

PLACE = "tenancy|sealed"
_THERE = text("state IN ('entered', 'verified', 'leaving')")


class TenancyRow(SQLModel, table=True):
    """One registration. Of one that was declined nothing is sealed; one that is gone has no row."""

    __tablename__ = "tenancy"
    __table_args__ = (
        Index("tenancy_landlord", "landlord", "invited_at"),
        Index("tenancy_grid", "grid", "state"),
        where("tenancy_due", "due_at IS NOT NULL", "due_at"),
        Index("tenancy_there", "tenant", "home", unique=True, sqlite_where=_THERE, postgresql_where=_THERE),
        one_of("state", tuple(state for state in State if state is not State.GONE)),
        CheckConstraint("(state = 'closed') = (sealed IS NULL)", name="nothing_of_a_closed_one"),
        CheckConstraint("(state IN ('invited', 'closed')) = (tenant = '')", name="entered_by_the_tenant"),
        CheckConstraint("(tenant = '') = (consent = 0)", name="agreed_to_a_text"),
        STRICT,
    )
    id: str = Field(primary_key=True, sa_type=Words)
    landlord: str | None = Field(default=None, sa_type=Words, foreign_key="resident.id")
    grid: str = Field(sa_type=Words)
    home: str = Field(sa_type=Words)
    tenant: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    invited_at: datetime = Field(sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    consent: int = Field(sa_type=Big)
    entered_at: datetime | None = Field(default=None, sa_type=Utc)
    verified_at: datetime | None = Field(default=None, sa_type=Utc)
    by: str = Field(sa_type=Words)
    thing: str = Field(sa_type=Words)
    told_by: str = Field(sa_type=Words)
    version: int = Field(sa_type=Big)


TENANCY = table(TenancyRow)
_T = TENANCY.c
_NEW = Both(lambda insert: insert(TENANCY).inline().on_conflict_do_nothing(index_elements=[_T.id]))


def owner(tenancy: str) -> str:
    """Whose key seals what a registration says."""
    return f"tenant:{tenancy}"


def home_of(keys: Keys, address: str) -> str:
    """The blind index of an address of the library."""
    return keys.blind("home", address).hex() if address else ""


def tenant_of(keys: Keys, document: Document) -> str:
    """The blind index of a document: the same for the same one, wherever it is entered."""
    return keys.blind("tenant", document.kind, document.number).hex()


# --- reading


def one(connection: Connection, keys: Keys, its: str) -> Tenancy | None:
    """One registration."""
    return next(iter(_read(connection, keys, select(TENANCY).where(_T.id == its))), None)


def of_landlord(connection: Connection, keys: Keys, resident: str, most: int = 100) -> list[Tenancy]:
    """Those that this resident began, the newest first."""
    mine = select(TENANCY).where(_T.landlord == resident).order_by(_T.invited_at.desc()).limit(most)
    return _read(connection, keys, mine)


def to_visit(connection: Connection, keys: Keys, grids: Iterable[str], most: int = 100) -> list[Tenancy]:
    """Those of these grids that wait for a visit, the longest waiting first."""
    waits = _T.state.in_([State.ENTERED.value, State.LEAVING.value])
    rows = select(TENANCY).where(_T.grid.in_(list(grids)), waits).order_by(_T.entered_at).limit(most)
    return _read(connection, keys, rows)


def same(connection: Connection, keys: Keys, tenant: str) -> tuple[Tenancy, ...]:
    """All that is registered under this document."""
    return tuple(_read(connection, keys, select(TENANCY).where(_T.tenant == tenant, _T.tenant != "")))


def due(connection: Connection, now: datetime, most: int) -> list[Tenancy]:
    """Those whose time is over, the longest ago first; unopened, so that one that does not open holds up nobody."""
    late = select(TENANCY).where(_T.due_at.is_not(None), _T.due_at <= now).order_by(_T.due_at).limit(most)
    return [_tenancy(row, None) for row in connection.execute(late)]


def around(connection: Connection, keys: Keys, its: str, now: datetime, scheme: Scheme) -> Around | None:
    """One registration with all that the rules ask of when somebody stands at the door."""
    found = one(connection, keys, its)
    if found is None:
        return None
    earning = earnings.earning(connection, found.thing) if found.thing else None
    holder = ledger.purse(connection, earning.holder) if earning else None
    purse = holder or (ledger.purse_of(connection, found.landlord) if found.landlord else None)
    known = None
    if purse and found.state in LIVES:
        rule = Rule.MOVED_OUT if found.state is State.LEAVING else Rule.TENANT
        known = earnings.known(connection, thing(found, rule, now, scheme), purse.holder, now, scheme)
    return Around(found, same(connection, keys, found.tenant), purse, known, earning)


def _read(connection: Connection, keys: Keys, query: Any) -> list[Tenancy]:
    return [_tenancy(row, key_of(connection, keys, owner(row.id))) for row in connection.execute(query).all()]


def _tenancy(row: Any, key: DataKey | None) -> Tenancy:
    words = opened(key, PLACE, row.id, row.sealed)
    shown = words.get("document")
    document = Document(DocumentKind(shown[0]), shown[1], date.fromisoformat(shown[2])) if shown else None
    return Tenancy(
        row.id, row.landlord or "", row.grid, row.home, State(row.state), row.invited_at, row.due_at,
        address=words.get("address", ""), place=words.get("place", ""), name=words.get("name", ""),
        since=date.fromisoformat(words["since"]) if words.get("since") else None, document=document,
        guardian=words.get("guardian", ""), tenant=row.tenant, consent=row.consent, entered_at=row.entered_at,
        verified_at=row.verified_at, by=row.by, thing=row.thing, told_by=By(row.told_by) if row.told_by else None,
        version=row.version,
    )  # fmt: skip


# --- writing


def put(connection: Connection, keys: Keys, tenancy: Tenancy, key: DataKey | None, now: datetime) -> None:
    """Writes a registration at the version it was read with; where nothing is kept, its key is destroyed. Raises Stale,
    also when the same tenant was entered at the same address meanwhile."""
    at_version = (_T.id == tenancy.id, _T.version == tenancy.version)
    try:
        if tenancy.state is State.GONE:
            done = connection.execute(delete(TENANCY).where(*at_version)).rowcount
        elif tenancy.version:
            done = connection.execute(update(TENANCY).where(*at_version).values(_values(tenancy, key))).rowcount
        else:
            done = connection.execute(_NEW.on(connection), _values(tenancy, key)).rowcount
    except IntegrityError as error:
        raise Stale(f"tenancy {tenancy.id}: that tenant is there already") from error
    if not done:
        raise Stale(f"tenancy {tenancy.id} is no longer at version {tenancy.version}")
    if tenancy.state in EMPTY:
        shred(connection, keys, owner(tenancy.id), now)


def forget(connection: Connection, keys: Keys, resident: str, now: datetime) -> None:
    """The landlord is erased: what no tenant answered goes, what tenants entered stays with nobody named."""
    mine = _T.landlord == resident
    unanswered = _T.state.in_([State.INVITED.value, State.CLOSED.value])
    for its in connection.scalars(select(_T.id).where(mine, unanswered)).all():
        connection.execute(delete(TENANCY).where(_T.id == its))
        shred(connection, keys, owner(its), now)
    connection.execute(update(TENANCY).where(mine).values(landlord=None, version=_T.version + 1))


def _values(tenancy: Tenancy, key: DataKey | None) -> Values:
    paper = tenancy.document
    words = {
        "address": tenancy.address, "place": tenancy.place, "name": tenancy.name,
        "since": tenancy.since.isoformat() if tenancy.since else "", "guardian": tenancy.guardian,
        "document": [paper.kind.value, paper.number, paper.born.isoformat()] if paper else None,
    }  # fmt: skip
    return {
        "id": tenancy.id, "landlord": tenancy.landlord or None, "grid": tenancy.grid, "home": tenancy.home,
        "tenant": tenancy.tenant, "state": tenancy.state.value, "invited_at": tenancy.invited_at,
        "due_at": tenancy.due_at,
        "sealed": None if tenancy.state in EMPTY else sealing(key, PLACE, tenancy.id, words),
        "consent": tenancy.consent, "entered_at": tenancy.entered_at, "verified_at": tenancy.verified_at,
        "by": tenancy.by, "thing": tenancy.thing, "told_by": tenancy.told_by or "", "version": tenancy.version + 1,
    }  # fmt: skip
