"""The six CSV files: read whole, or refused with every wrong row by file, line and reason."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.csv_sheet import MOST_BYTES
from bot.directory_csv import COLUMNS, ImportRefused, read_directory, write_directory
from routing.directory import DirectoryRows
from tests.town import rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The town's six files."""
    write_directory(rows(), tmp_path)
    return tmp_path


def refused(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(ImportRefused) as refusal:
        read_directory(folder)
    return [(fault.file, fault.line, fault.reason) for fault in refusal.value.faults]


def append(folder: Path, file: str, line: str) -> int:
    """Adds a line; returns its number."""
    path = folder / file
    text = path.read_text("utf-8")
    path.write_text(text + line + "\n", "utf-8")
    return text.count("\n") + 1


def test_what_was_written_is_read_back_alike(folder: Path) -> None:
    assert read_directory(folder) == rows()


def test_an_empty_directory_is_six_headers(tmp_path: Path) -> None:
    write_directory(DirectoryRows(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(COLUMNS)
    assert read_directory(tmp_path) == DirectoryRows()


def test_the_columns_are_those_of_the_documented_format() -> None:
    assert {file: ",".join(columns) for file, columns in COLUMNS.items()} == {
        "areas.csv": "code,parent,kind,name,boundary",
        "people.csv": "id,name,role,area,unit,phone,channel,user_id",
        "units.csv": "code,platform,name,area",
        "groups.csv": "channel,bot,chat_id,area,name,hears",
        "duty.csv": "person,weekday,from,to",
        "addresses.csv": "address_id,text,area,lat,lon",
    }


# --- one wrong row

WRONG = [
    ("areas.csv", "c3,s,village,某村,", 'kind "village" is not one of district, street'),
    ("areas.csv", "c3,nowhere,community,某社区,", 'parent "nowhere" is no area of this file'),
    ("areas.csv", "g1,c1,grid,又一个,", 'code "g1" is already on line'),
    ("areas.csv", ",s,community,某社区,", "code is empty"),
    ("areas.csv", "c3,s,community,,", "name is empty"),
    ("areas.csv", "c3,,community,某社区,", "a community must have a street as its parent, not no area"),
    ("areas.csv", "g9,z1,grid,某网格,", "a grid must have a community or a street as its parent, not a zone"),
    ("areas.csv", "d2,d,district,某区,", "a district must have no area as its parent, not a district"),
    ("areas.csv", "g9,g9,grid,某网格,", "its parents go in a circle: g9 > g9"),
    ("areas.csv", 'g9,c1,grid,某网格,"POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"', "boundary crosses itself"),
    ("areas.csv", 'g9,c1,grid,某网格,"POLYGON ((30 120, 30.1 120, 30.1 120.1, 30 120))"', "longitude swapped"),
    ("areas.csv", "g9,c1,grid,某网格,a square", "boundary is not well-known text (WKT)"),
    ("areas.csv", "g9,c1,grid,某网格,POINT (120 30)", "boundary must be a POLYGON or MULTIPOLYGON"),
    ("areas.csv", "g9,c1,grid,某网格", "has 4 fields, the header has 5"),
    ("areas.csv", f"{'x' * 65},c1,grid,某网格,", "code is 65 characters long"),
    ("people.csv", "x,某人,boss,g1,,,,", 'role "boss" is not one of cadre, patrol'),
    ("people.csv", "x,某人,cadre,nowhere,,,,", 'area "nowhere" is no area of areas.csv'),
    ("people.csv", "x,某人,unit,s,s-none,,,", 'unit "s-none" is no unit of units.csv'),
    ("people.csv", "x,某人,unit,s,,,,", "a person of the role unit needs a unit"),
    ("people.csv", "li,某人,cadre,g1,,,,", 'id "li" is already on line 2'),
    ("people.csv", "x,某人,cadre,g1,,,telegram,u-li", 'channel and user_id "telegram u-li" is already on line 2'),
    ("people.csv", "x,某人,cadre,g1,,,telegram,", "channel and user_id are given together"),
    ("people.csv", "x,某人,cadre,g1,,,Tele Gram,7", "channel is not a name"),
    ("people.csv", "x,某人,cadre,g1,,ask at the gate,,", "phone is not a telephone number"),
    ("people.csv", "x,某\x00人,cadre,g1,,,,", "name holds a control character (U+0000)"),
    ("units.csv", "u,health,某所,s", 'platform "health" is not one of order, market, enforcement, service'),
    ("units.csv", "u,order,某所,nowhere", 'area "nowhere" is no area of areas.csv'),
    ("units.csv", "s-fire,order,某所,s", 'code "s-fire" is already on line'),
    ("groups.csv", "telegram,bot1,-1,nowhere,某群,mention", 'area "nowhere" is no area of areas.csv'),
    ("groups.csv", "telegram,bot1,-1,p1,某群,mention", "a group belongs to a community or a grid, not to a patrol"),
    ("groups.csv", "telegram,bot1,-1,c1,某群,always", 'hears "always" is not one of mention, listen'),
    ("groups.csv", "telegram,bot1,-1001,c1,某群,mention", "is already on line 2"),
    ("groups.csv", "telegram,,-1,c1,某群,mention", "bot is empty"),
    ("duty.csv", "nobody,1,07:00,19:00", 'person "nobody" is no person of people.csv'),
    ("duty.csv", "li,0,07:00,19:00", 'weekday "0" is not a day from 1 (Monday) to 7 (Sunday)'),
    ("duty.csv", "li,1,7:00,19:00", 'from "7:00" is not a time HH:MM'),
    ("duty.csv", "li,1,07:00,24:00", 'to "24:00" is not a time HH:MM'),
    ("duty.csv", "li,1,07:00,", 'to "" is not a time HH:MM'),
    ("addresses.csv", "x,某路1号,nowhere,30,120", 'area "nowhere" is no area of areas.csv'),
    ("addresses.csv", "x,某路1号,g1,120.1,30.1", "lat 120.1 and lon 30.1 are swapped"),
    ("addresses.csv", "x,某路1号,g1,30.1,200", "lies outside the globe"),
    ("addresses.csv", "x,某路1号,g1,nan,120", 'lat "nan" is not a number of degrees'),
    ("addresses.csv", "x,某路1号,g1,north,120", 'lat "north" is not a number of degrees'),
    ("addresses.csv", "a1,某路1号,g1,30,120", 'address_id "a1" is already on line 2'),
    ("addresses.csv", f"x,{'路' * 201},g1,30,120", "text is 201 characters long, at most 200 are allowed"),
    ("addresses.csv", 'x,"某路"1号,g1,30,120', "cannot be read as CSV"),
]


@pytest.mark.parametrize(("file", "line", "reason"), WRONG)
def test_a_wrong_row_is_named_by_file_line_and_reason(folder: Path, file: str, line: str, reason: str) -> None:
    number = append(folder, file, line)
    faults = refused(folder)
    assert len(faults) == 1
    assert faults[0][:2] == (file, number)
    assert reason in faults[0][2]


def test_all_wrong_rows_are_named_at_once_in_the_order_of_the_lines(folder: Path) -> None:
    lines = {file: append(folder, file, line) for file, line, _ in (WRONG[0], WRONG[15], WRONG[33])}
    second = append(folder, "duty.csv", "li,8,xx,yy")
    faults = refused(folder)
    assert [(file, line) for file, line, _ in faults] == [
        ("areas.csv", lines["areas.csv"]),
        ("duty.csv", lines["duty.csv"]),
        *[("duty.csv", second)] * 3,
        ("people.csv", lines["people.csv"]),
    ]


def test_a_circle_of_two_is_named_on_both_lines(folder: Path) -> None:
    one = append(folder, "areas.csv", "ga,gb,grid,甲,")
    other = append(folder, "areas.csv", "gb,ga,grid,乙,")
    assert [(line, reason) for _, line, reason in refused(folder)] == [
        (one, "its parents go in a circle: ga > gb > ga"),
        (other, "its parents go in a circle: gb > ga > gb"),
    ]


def test_a_parent_may_stand_below_its_children(folder: Path) -> None:
    header, *lines = (folder / "areas.csv").read_text("utf-8").splitlines()
    (folder / "areas.csv").write_text("\n".join([header, *reversed(lines)]), "utf-8")
    assert set(read_directory(folder).areas) == set(rows().areas)


def test_the_reasons_do_not_tell_a_telephone_number(folder: Path) -> None:
    append(folder, "people.csv", "x,某人,cadre,g1,,13800138000x,,")
    assert "138" not in refused(folder)[0][2]


def test_the_refusal_reads_as_one_sentence_a_line(folder: Path) -> None:
    number = append(folder, "duty.csv", "nobody,1,07:00,19:00")
    with pytest.raises(
        ImportRefused, match=rf'^duty\.csv, line {number}: person "nobody" is no person of people\.csv$'
    ):
        read_directory(folder)


# --- the files


def test_a_byte_order_mark_empty_lines_and_windows_line_ends_are_no_fault(folder: Path) -> None:
    for path in folder.iterdir():
        text = path.read_text("utf-8").replace("\n", "\r\n") + "\r\n\r\n"
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_directory(folder) == rows()


def test_columns_may_stand_in_any_order(folder: Path) -> None:
    text = "to,from,weekday,person\n" + "".join(
        f"{shift.end:%H:%M},{shift.start:%H:%M},{shift.weekday},{shift.person}\n" for shift in rows().duty
    )
    (folder / "duty.csv").write_text(text, "utf-8")
    assert read_directory(folder) == rows()


def test_a_quoted_field_over_several_lines_keeps_the_count_of_lines(folder: Path) -> None:
    boundary = '"POLYGON ((120 30,\n120.01 30,\n120.01 30.01,\n120 30))"'
    first = append(folder, "areas.csv", f"g8,c1,grid,某网格,{boundary}")
    append(folder, "areas.csv", "g9,c1,nonsense,某网格,")
    assert [fault[:2] for fault in refused(folder)] == [("areas.csv", first + 4)]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("person,weekday,from,to\nli,1,07:00,19:00\n李建国,1,07:00,19:00\n".encode("gbk"), 3, "but GBK"),
        ("person,weekday,from,to\n".encode("utf-16"), 1, "but UTF-16"),
        (b"person,weekday,from,to\n\xff\xff\xff\xff", 2, "is not UTF-8;"),
        (b"person,weekday,from\nli,1,07:00\n", 1, "has no column to; the header is person,weekday,from,to"),
        (b"", 1, "has no column person, weekday, from, to"),
        (b"person,weekday,from,to,note\n", 1, 'has an unknown column "note"'),
        (b"person,weekday,from,to,to\n", 1, "names a column twice"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(folder: Path, content: bytes, line: int, reason: str) -> None:
    (folder / "duty.csv").write_bytes(content)
    faults = refused(folder)
    assert faults[0][:2] == ("duty.csv", line)
    assert reason in faults[0][2]


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "units.csv").unlink()
    assert ("units.csv", 1, "is missing; all six files are needed, the header alone will do") in refused(folder)


def test_what_an_unreadable_file_would_have_named_is_not_called_unknown(folder: Path) -> None:
    (folder / "areas.csv").write_bytes("code,parent,kind,name,boundary\nd,,district,江湾区,\n".encode("gbk"))
    assert [(file, line) for file, line, _ in refused(folder)] == [("areas.csv", 2)]


def test_a_folder_in_the_place_of_a_file_is_named(folder: Path) -> None:
    (folder / "duty.csv").unlink()
    (folder / "duty.csv").mkdir()
    assert refused(folder)[0][0] == "duty.csv"


def test_a_file_beyond_all_measure_is_refused_before_it_is_read(folder: Path) -> None:
    with (folder / "duty.csv").open("ab") as sheet:
        sheet.truncate(MOST_BYTES + 1)  # A sparse file: it takes no room.
    assert refused(folder) == [("duty.csv", 1, "is larger than 512 MB")]


def test_a_field_beyond_all_measure_is_refused(folder: Path) -> None:
    number = append(folder, "areas.csv", f"g9,c1,grid,{'网' * 200_000},")
    faults = refused(folder)
    assert faults[0][:2] == ("areas.csv", number)
    assert "field larger than field limit" in faults[0][2]


def test_a_group_for_drills_is_marked(tmp_path: Path) -> None:
    trial = replace(rows(), groups=(replace(rows().groups[0], test=True), *rows().groups[1:]))
    write_directory(trial, tmp_path)
    assert read_directory(tmp_path) == trial
    sheet = tmp_path / "groups.csv"
    sheet.write_text(sheet.read_text("utf-8").replace(",yes", ",maybe"), "utf-8")
    with pytest.raises(ImportRefused, match=r'groups\.csv, line 2: test is "yes"'):
        read_directory(tmp_path)
