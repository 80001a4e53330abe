"""What a process keeps in memory of the database, and reads anew when another process changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from bot.messages import Address
from bot.outcome import FaqEntry, Position
from bot.store import directory_rows, faq_rows, meta, people, positions
from bot.store.private import DataKey, Keys
from routing.directory import AreaKind, Directory, DirectoryRows, Role


@dataclass(frozen=True, slots=True)
class Memory:
    """One snapshot. `versions` are those of the database when it was read."""

    versions: Mapping[str, int] = field(default_factory=dict)
    rows: DirectoryRows = field(default_factory=DirectoryRows, repr=False)
    directory: Directory = field(default_factory=lambda: Directory(DirectoryRows()))
    faq: Mapping[str, FaqEntry] = field(default_factory=dict)
    reach: Mapping[str, Address] = field(default_factory=dict)  #: Person id -> where the bot can write to them.
    positions: Mapping[str, Position] = field(default_factory=dict, repr=False)  #: Person id -> what they shared.


def read(connection: Connection, keys: Keys, house: DataKey, old: Memory, first: Mapping[str, str]) -> Memory:
    """Returns the snapshot of now; what did not change is taken from the old one. `first`: channel -> bot, where a
    bot may write to people who never wrote to it; there the account in the directory is the way to reach them."""
    versions = meta.versions(connection)
    if versions == old.versions:
        return old
    new = replace(old, versions=versions)

    def other(name: str) -> bool:
        return versions.get(name) != old.versions.get(name)

    if other("directory"):
        rows = directory_rows.read_directory(connection, keys)
        new = replace(new, rows=rows, directory=rows.directory())
    elif other("groups"):
        rows = replace(old.rows, groups=directory_rows.read_groups(connection))
        new = replace(new, rows=rows, directory=rows.directory())
    if other("faq"):
        new = replace(new, faq=faq_rows.read_faq(connection))
    if other("positions") or other("directory"):
        new = replace(new, positions=positions.read(connection, keys))
    if other("reach") or other("directory"):
        ways = {
            person.id: Address(person.channel, first[person.channel], person.user_id)
            for person in new.rows.people
            if person.channel in first and person.channel and person.user_id
        }
        new = replace(new, reach=ways | people.staff_reach(connection, house))
    return new


def neighbourhood(directory: Directory, area: str) -> tuple[str, ...]:
    """Area codes under which the same matter may have been reported: the grid and its community, or the community
    and all its grids while no more is known."""
    community = directory.community_of(area)
    if community is None or community.code != area:
        return tuple(dict.fromkeys((area, *((community.code,) if community else ()))))
    below = directory.children(area)
    return (area, *(each.code for each in below if each.kind is AreaKind.GRID))


def candidates(directory: Directory, area: str) -> tuple[str, ...]:
    """Ids of those who may be asked about a matter there, on duty or not: whose load is compared. Of a community, those
    of its grids too: which of them it is, the words may still tell. Of a grid, those of its micro-grids."""
    grids = [each.code for each in directory.children(area) if each.kind is AreaKind.GRID]
    found = [person for code in (area, *grids) for person in (*directory.cadres_of(code), *directory.patrols_of(code))]
    micro = directory.people_with(Role.CADRE, area) if directory.grid_of(area) else ()
    return tuple(dict.fromkeys(person.id for person in (*found, *micro, *directory.desk_of(area))))
