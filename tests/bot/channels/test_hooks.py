"""Outgoing webhooks: written with the step, signed, posted until taken; nothing private, none into our network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot import webhooks
from bot.channels.base import Fate, Parcel, SendError
from bot.channels.hooks import HooksChannel, is_outside, may_reach
from bot.doctor_hooks import hook_findings
from bot.limits import HOOKS
from bot.messages import Address
from bot.outbox import Outbox
from bot.outcome import Outcome, Resident, Thread
from bot.store import Database, Keys, Store
from bot.store.hook_letters import CLOSED, NAME
from bot.store.hook_troubles import gone, late, missed, send_again
from bot.store.systems import add_hook, close_hook, hooks, resume_hook
from bot.texts import Texts
from routing.case import Case, State, Step, Verb
from tests.bot.store.conftest import SECRET
from tests.fakes import Clock
from tests.town import GRID_1, NOON


@dataclass
class Endpoint:
    """Another system that listens. It answers in turn what it is told to, then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    after: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        headers = {"Location": self.url} if status == 302 else {"Retry-After": self.after} if self.after else {}
        return web.Response(status=status, headers=headers)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    there = Endpoint()
    application = web.Application()
    application.router.add_post("/hear", there.hear)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hear"
    yield there
    await runner.cleanup()


@dataclass
class Post:
    store: Store
    clock: Clock
    channel: HooksChannel

    async def open(
        self, url: str, *, events: tuple[str, ...] = ("case",), inside: bool = True, name: str = "app"
    ) -> str:
        store = self.store
        secret = await store.db.write(lambda c: add_hook(c, store.house, name, url, events, inside, NOON))
        assert secret
        return secret

    async def case(self, number: str, *verbs: Verb, category: str = "service.light", private: bool = False) -> None:
        resident = Resident(f"r{number}", "test", f"u{number}", "陈奶奶")
        thread = Thread(f"t{number}", Address("test", "bot", f"u{number}"), resident, private=True)
        case = Case(
            number, State.RECEIVED, resident.id, thread.id, "m", NOON, "路灯坏了", category, True, "today", private,
            "柳岸路3号", grid=GRID_1,
        )  # fmt: skip
        steps = tuple(Step(number, verb, NOON, "bot", "whispered") for verb in verbs)
        await self.store.commit(Outcome(f"test:{number}", (resident, thread, case), steps))

    async def leave(self) -> None:
        assert await _drained(self, 10.0)


async def _drained(post: Post, seconds: float) -> bool:
    outbox = Outbox(
        post.store.db, {NAME: post.channel}, {NAME: HOOKS}, post.clock, "w", post.channel.gave_up,
        house=post.store.house, dice=lambda: 0.0,
    )  # fmt: skip
    return await outbox.drain(seconds)


@pytest.fixture
async def post(tables_url: str) -> AsyncIterator[Post]:
    db, clock = Database.open(tables_url), Clock(NOON)
    store = await Store.open(db, Keys.of(SECRET), Texts.load().render, now=clock)
    channel = HooksChannel(db, store.house, clock)
    yield Post(store, clock, channel)
    await channel.close()
    await db.close()


async def test_an_endpoint_is_told_of_each_step_signed_and_without_words(post: Post, endpoint: Endpoint) -> None:
    secret = await post.open(endpoint.url)
    await post.case("11111111", Verb.RECEIVE, Verb.NOTE, Verb.DISPATCH)
    await post.leave()
    assert len(endpoint.heard) == 2
    for headers, body in endpoint.heard:
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        id, at, signature = (headers[name] for name in names)
        assert webhooks.check([secret], id, at, signature, body, post.clock()) == 0
        assert b"11111111" in body
        for secret_word in ("路灯", "柳岸", "whispered", "陈奶奶"):
            assert secret_word.encode() not in body
    assert b'"case.receive"' in endpoint.heard[0][1]
    assert endpoint.heard[0][0]["webhook-id"] != endpoint.heard[1][0]["webhook-id"]


async def test_nothing_private_or_unsorted_is_told_and_only_what_was_asked_for(post: Post, endpoint: Endpoint) -> None:
    await post.open(endpoint.url, events=("case.confirm",))
    await post.case("11111111", Verb.RECEIVE, category="order.family", private=True)
    await post.case("22222222", Verb.RECEIVE, category="service.light", private=True)
    await post.case("33333333", Verb.RECEIVE, category="")
    await post.case("44444444", Verb.RECEIVE)
    await post.leave()
    assert endpoint.heard == []


async def test_a_failed_attempt_is_made_again_under_the_same_id(post: Post, endpoint: Endpoint) -> None:
    await post.open(endpoint.url)
    await post.case("11111111", Verb.RECEIVE)
    endpoint.answers = [500, 302, 400]
    for expected, minutes in ((1, 0.1), (2, 5), (3, 30)):
        assert not await _drained(post, 0.3), "it waits for its next attempt"
        assert len(endpoint.heard) == expected
        (found,) = await post.store.db.read(late)
        assert (found.name, found.waiting) == ("app", 1)
        post.clock.forward(minutes=minutes)
    await post.leave()
    assert len(endpoint.heard) == 4
    assert len({headers["webhook-id"] for headers, _ in endpoint.heard}) == 1
    assert await post.store.db.read(late) == []


async def test_one_that_fails_for_three_days_is_closed_and_hears_what_it_missed_when_it_is_back(
    post: Post, endpoint: Endpoint
) -> None:
    await post.open(endpoint.url)
    await post.case("11111111", Verb.RECEIVE, Verb.DISPATCH)
    endpoint.answers = [503] * 10
    for _ in range(9):
        assert not await _drained(post, 0.15)
        post.clock.forward(hours=24)
    await post.leave()
    assert len(endpoint.heard) == 10
    db, house = post.store.db, post.store.house
    (hook,) = await db.read(lambda c: hooks(c, house))
    assert "three days" in hook.closed_why
    assert [name for name, _, _ in await db.read(gone)] == ["app"]
    (finding,) = await db.read(lambda c: list(hook_findings(c)))
    assert "wuyou hook resume app" in finding.mend
    await post.case("22222222", Verb.RECEIVE)
    await post.leave()
    assert len(endpoint.heard) == 10, "nothing is posted to a closed one"
    assert [each.error for each in await db.read(lambda c: missed(c, "app"))][2:] == [CLOSED], "nor is it lost"
    post.clock.forward(hours=24 * 30)
    await post.case("33333333", Verb.RECEIVE)
    assert len(await db.read(lambda c: missed(c, "app"))) == 3, "for a month, then nobody waits for it"
    assert await db.write(lambda c: resume_hook(c, "app"))
    first = (await db.read(lambda c: missed(c, "app")))[0].id
    assert await db.write(lambda c: send_again(c, "app", post.clock(), {first})) == 1
    assert await db.write(lambda c: send_again(c, "app", post.clock())) == 2
    await post.leave()
    told = [(headers["webhook-id"], body) for headers, body in endpoint.heard]
    assert told[10] == told[0], "the same message under the same id"
    assert b'"case.dispatch"' in told[11][1]
    assert b'"22222222"' in told[12][1]
    assert await db.read(lambda c: missed(c, "app")) == []
    assert await db.read(lambda c: list(hook_findings(c))) == []


async def test_one_that_asks_for_time_gets_it(post: Post, endpoint: Endpoint) -> None:
    await post.open(endpoint.url)
    for asked, wait in (("120", 120.0), ("999999", 3600.0), ("soon", 0.0), ("", 0.0)):
        endpoint.answers, endpoint.after = [503], asked
        with pytest.raises(SendError) as error:
            await post.channel.send(parcel())
        assert (error.value.fate, error.value.after) == (Fate.RETRY, wait)


async def test_an_endpoint_that_says_410_is_closed(post: Post, endpoint: Endpoint) -> None:
    await post.open(endpoint.url)
    await post.case("11111111", Verb.RECEIVE)
    await post.case("22222222", Verb.RECEIVE)
    endpoint.answers = [410]
    await post.leave()
    await post.case("33333333", Verb.RECEIVE)
    await post.leave()
    assert len(endpoint.heard) == 1
    house = post.store.house
    (hook,) = await post.store.db.read(lambda c: hooks(c, house))
    assert hook.closed_at is not None
    assert "410" in hook.closed_why
    assert len(await post.store.db.read(lambda c: missed(c, "app"))) == 3
    assert await post.store.db.write(lambda c: close_hook(c, "app", NOON)), "it is not wanted any more"
    assert await post.store.db.read(gone) == []
    await post.case("44444444", Verb.RECEIVE)
    assert len(await post.store.db.read(lambda c: missed(c, "app"))) == 3, "what nobody wants is not written down"


def parcel(name: str = "app") -> Parcel:
    return Parcel(1, Address(NAME, NAME, name), '{"id": "evt_1"}')


async def test_a_429_waits_as_long_as_it_says_and_a_closed_one_is_gone(post: Post, endpoint: Endpoint) -> None:
    await post.open(endpoint.url)
    endpoint.answers = [429]
    with pytest.raises(SendError) as error:
        await post.channel.send(parcel())
    assert (error.value.fate, error.value.after) == (Fate.WAIT, 60.0)
    await post.store.db.write(lambda c: close_hook(c, "app", NOON))
    with pytest.raises(SendError) as error:
        await post.channel.send(parcel())
    assert error.value.fate is Fate.GONE


async def test_without_inside_nothing_goes_into_a_private_network(post: Post, endpoint: Endpoint) -> None:
    await post.open(endpoint.url, inside=False)
    with pytest.raises(SendError) as error:
        await post.channel.send(parcel())
    assert error.value.fate is Fate.REFUSED
    named = endpoint.url.replace("127.0.0.1", "localhost.localdomain")
    await post.open(named, inside=False, name="named")
    with pytest.raises(SendError):
        await post.channel.send(parcel("named"))
    assert endpoint.heard == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "224.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
     "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "::127.0.0.1", "fec0::1", "2001:0:a00:1::", "100::1",
     "ff02::1", "::ffff:0:127.0.0.1", "5f00::1", "3fff::1", "2001:db8::1"],
)  # fmt: skip
def test_addresses_of_private_networks_are_known(address: str) -> None:
    assert not is_outside(address)
    assert not may_reach(f"https://[{address}]/" if ":" in address else f"https://{address}/")


def test_an_address_of_the_open_internet_is_not() -> None:
    for address in ("8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"):
        assert is_outside(address), address
    assert may_reach("https://8.8.8.8/")
    assert may_reach("https://app.example/")
    assert not may_reach("https://localhost/")
