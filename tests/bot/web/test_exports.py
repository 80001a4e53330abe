"""/cap/ and /pfif/ as other systems see them: by key, what holds now and no more, 304, drills, signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import capvalidator
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from bot.cap import CAP
from bot.config import ConfigError, Exports, Settings
from bot.web.systems import signer_of
from nlu.model import Model
from routing.alert import Content, Ending, Kind
from tests.bot.alerts_told import GRANNY, Told, keep
from tests.bot.web.harness import picture
from tests.bot.web.systems_house import Town, open_town

NS = {"a": "http://www.w3.org/2005/Atom", "c": CAP}


class Office:
    """Another system with its key."""

    def __init__(self, small: Town, key: str) -> None:
        self.small, self.key = small, key

    async def asks(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
        given = {"X-API-Key": self.key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.small.session.request(method, self.small.url + path, headers=given) as answer:
            return answer.status, await answer.read(), answer.headers

    async def lists(self, query: str = "") -> list[str]:
        status, body, _ = await self.asks(f"/cap/feed.atom{query}")
        assert status == 200
        links = etree.fromstring(body).findall("a:entry/a:link", NS)
        return [each.get("href").partition("/cap/")[2] for each in links]


@pytest.fixture
async def office(small: Town) -> Office:
    key, _ = await small.key("county", "cap", "pfif")
    return Office(small, key)


async def test_what_holds_is_listed_and_a_message_that_was_followed_is_gone(small: Town, office: Office) -> None:
    assert await office.lists() == []
    told = await keep(Told().goes_out(), small.rig.store)
    assert await office.lists() == ["a38164275.1.xml"]
    status, first, headers = await office.asks("/cap/a38164275.1.xml")
    assert (status, headers["Content-Type"]) == (200, "application/cap+xml; charset=utf-8")
    assert capvalidator.check_schema(first).passed
    await keep(told.widens("community"), small.rig.store)
    assert await office.lists() == ["a38164275.2.xml"]
    assert (await office.asks("/cap/a38164275.1.xml"))[0] == 410
    assert (await office.asks("/cap/a38164275.2.xml"))[0] == 200
    assert (await office.asks("/cap/a38164275.3.xml"))[0] == 404
    await keep(told.ends(Ending.FOUND), small.rig.store)
    assert await office.lists() == ["a38164275.3.xml"]
    small.rig.clock.now = told.expiry
    assert await office.lists() == []
    assert (await office.asks("/cap/a38164275.3.xml"))[0] == 404


async def test_who_has_it_already_is_told_so_and_a_head_has_no_body(small: Town, office: Office) -> None:
    await keep(Told().goes_out(), small.rig.store)
    for path in ("/cap/feed.atom", "/cap/a38164275.1.xml", "/pfif/persons.xml"):
        _, body, headers = await office.asks(path)
        assert (await office.asks(path))[1] == body, "the same facts, the same bytes"
        tag = headers["ETag"]
        assert headers["Cache-Control"] == "private, no-cache"
        status, nothing, again = await office.asks(path, If_None_Match=tag)
        assert (status, nothing, again["ETag"]) == (304, b"", tag)
        status, nothing, again = await office.asks(path, "HEAD")
        assert (status, nothing, again["ETag"], int(again["Content-Length"])) == (200, b"", tag, len(body))
        assert (await office.asks(path, If_None_Match='"another"'))[0] == 200


PATHS = (
    "/cap/feed.atom", "/cap/a38164275.1.xml", "/cap/a38164275.1.jpg", "/pfif/persons.xml", "/pfif/a38164275.jpg",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_key_that_is_good_for_it_nobody_is_told_anything(path: str, small: Town) -> None:
    await keep(Told().goes_out(), small.rig.store)
    right, other = ("cap", "pfif") if path.startswith("/cap") else ("pfif", "cap")
    wrong, _ = await small.key("other", other, "open311", "signals")
    good, _ = await small.key("right", right)
    for key in ("", "wy_nonsense-nonsense", wrong):
        status, body, headers = await Office(small, key).asks(path)
        assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "陈阿婆" not in body.decode()
        assert (await Office(small, key).asks(path + f"?key={good}"))[0] == 401, "a key has no place in an address"
    assert (await Office(small, good).asks(path))[0] in (200, 404)
    async with small.session.get(small.url + path, headers={"Authorization": f"Bearer {good}"}) as answer:
        assert answer.status in (200, 404)
    assert (await Office(small, good).asks(path, "POST"))[0] == 405


async def test_a_withdrawn_key_opens_nothing(small: Town, office: Office) -> None:
    from bot.store.systems import withdraw_system

    await small.rig.store.db.write(lambda c: withdraw_system(c, "county", small.rig.clock()))
    assert (await office.asks("/cap/feed.atom"))[0] == 401


async def test_drills_are_shown_to_who_asks_for_them_alone(small: Town, office: Office) -> None:
    await keep(Told(drill=True).goes_out(), small.rig.store)
    assert await office.lists() == []
    assert await office.lists("?status=Exercise") == ["a38164275.1.xml?status=Exercise"]
    assert (await office.asks("/cap/a38164275.1.xml"))[0] == 404
    status, body, _ = await office.asks("/cap/a38164275.1.xml?status=Exercise")
    assert status == 200 and b"<status>Exercise</status>" in body
    assert (await office.asks("/cap/feed.atom?status=Test"))[0] == 400
    _, records, _ = await office.asks("/pfif/persons.xml")
    assert b"person_record_id" not in records


async def test_the_picture_is_there_as_long_as_the_alert_is_out(small: Town, office: Office) -> None:
    key = await small.photos.keep(picture())
    told = await keep(Told(Content("", "", GRANNY.missing, key, "G110-7")).goes_out(), small.rig.store)
    for path in ("/cap/a38164275.1.jpg", "/pfif/a38164275.jpg"):
        status, body, headers = await office.asks(path)
        assert (status, headers["Content-Type"], body[:2]) == (200, "image/jpeg", b"\xff\xd8")
    small.rig.clock.now = told.expiry
    assert [(await office.asks(path))[0] for path in PATHS if path.endswith("jpg")] == [404, 404]
    small.rig.clock.now = told.now
    await keep(told.ends(Ending.FOUND), small.rig.store)
    paths = ("/cap/a38164275.1.jpg", "/cap/a38164275.2.jpg", "/pfif/a38164275.jpg")
    assert [(await office.asks(path))[0] for path in paths] == [404, 404, 404]


async def test_pfif_tells_what_changed_since_and_empties_what_is_over(small: Town, office: Office) -> None:
    told = await keep(Told().goes_out(), small.rig.store)
    await keep(Told(Content("停水", "明早"), Kind.NOTICE, "11111111").goes_out(), small.rig.store)
    assert (await office.asks("/pfif/persons.xml"))[1].count(b"<person>") == 1, "a notice is nobody"
    told.now = datetime(2026, 1, 5, 6, tzinfo=UTC)
    small.rig.clock.now = told.now
    await keep(told.ends(Ending.FOUND), small.rig.store)
    _, body, _ = await office.asks("/pfif/persons.xml?min_entry_date=2026-01-05T05:00:00Z")
    assert b"believed_alive" in body and "陈阿婆".encode() in body
    _, body, _ = await office.asks("/pfif/persons.xml?min_entry_date=2026-01-05T06:02:00Z")
    assert b"<person>" not in body
    small.rig.clock.now = told.expiry + timedelta(days=40)
    _, body, _ = await office.asks("/pfif/persons.xml")
    assert b"<person>" in body and "陈阿婆".encode() not in body and b"believed" not in body
    assert (await office.asks("/pfif/persons.xml?min_entry_date=yesterday"))[0] == 400


async def test_who_asks_too_often_waits(small: Town, office: Office) -> None:
    asked = await asyncio.gather(*(office.asks("/cap/feed.atom") for _ in range(260)))
    waited = [headers for status, _, headers in asked if status == 429]
    assert waited and all(headers["Retry-After"] == "1" for headers in waited)


# --- signatures


def made_key(folder: Path, kind: Callable[[], object] = lambda: rsa.generate_private_key(65537, 2048)) -> Exports:
    """A key with its own certificate, in files."""
    key = kind()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wuyou.example")])
    day = datetime(2025, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(7).not_valid_before(day).not_valid_after(day + timedelta(days=7300))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("wuyou.example")]), critical=False)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)  # type: ignore[attr-defined]
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    return Exports(sign_key=str(folder / "key.pem"), sign_certificate=str(folder / "cert.pem"))


async def test_with_a_key_documents_are_signed_and_a_changed_word_breaks_it(tmp_path: Path, model: Model) -> None:
    signer = signer_of(Settings(exports=made_key(tmp_path)))
    async with open_town(tmp_path, model, signer=signer) as small:
        await keep(Told().goes_out(), small.rig.store)
        key, _ = await small.key("county", "cap")
        _, body, _ = await Office(small, key).asks("/cap/a38164275.1.xml")
        assert (await Office(small, key).asks("/cap/a38164275.1.xml"))[1] == body
    checked = capvalidator.validate_cap_message(body, strict=True)
    assert checked.passed, checked.message
    assert etree.fromstring(body)[-1].tag == "{http://www.w3.org/2000/09/xmldsig#}Signature"
    assert not capvalidator.check_signature(body.replace("陈阿婆".encode(), "张阿婆".encode())).passed


def test_what_is_no_key_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    good = made_key(tmp_path / "good")
    other = made_key(tmp_path / "other")
    curve = made_key(tmp_path / "curve", lambda: ec.generate_private_key(ec.SECP256R1()))
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense", "ascii")
    for exports in (
        Exports(sign_key=good.sign_key),
        Exports(sign_key=good.sign_key, sign_certificate=other.sign_certificate),
        Exports(sign_key=str(nonsense), sign_certificate=good.sign_certificate),
        Exports(sign_key=str(tmp_path / "none.pem"), sign_certificate=good.sign_certificate),
        curve,
    ):
        with pytest.raises(ConfigError, match="exports"):
            signer_of(Settings(exports=exports))
    assert signer_of(Settings()) is None
