"""One sentence in, all that it means out; late and broken engines change nothing but the engine field."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from nlu.lexical import Lexicon
from nlu.model import Model
from nlu.understand import EngineDown, Understand, _of_somebody, matter_of
from nlu.understanding import Emergency, Entry, Guess, Intent, Nlu, Stance
from nlu.understanding import Lexicon as LexiconProtocol

NOW = datetime(2026, 3, 18, 7, 0, tzinfo=UTC)


class FakeRemote:
    """Answers, keeps everyone waiting, or breaks."""

    name = "rasa"

    def __init__(self) -> None:
        self.slow = False
        self.broken = False

    async def parse(self, text: str) -> tuple[Sequence[Guess], Sequence[Guess]]:
        if self.broken:
            raise EngineDown("gone")
        if self.slow:
            await asyncio.Event().wait()
        return (Guess("human", 0.9), Guess("chat", 0.1)), (Guess("service.light", 1.0),)


class FakeEncoder:
    """Finds everything like one entry, or breaks."""

    def __init__(self, entry: str) -> None:
        self.entry = entry
        self.broken = False

    async def likeness(self, text: str, lexicon: LexiconProtocol) -> dict[str, float]:
        if self.broken:
            raise EngineDown("no torch")
        return {self.entry: 0.95}


async def test_a_question_is_answered(understand: Nlu, lexicon: Lexicon) -> None:
    heard = await understand.understand("办居住证要什么材料？", topic=None, lexicon=lexicon, now=NOW)
    assert heard.intent is Intent.ASK
    assert heard.answers[0].entry == "residence_permit"
    assert heard.stance is Stance.ANSWER
    assert heard.engine == "lexical"


async def test_a_report_tells_what_where_and_when(understand: Nlu, lexicon: Lexicon) -> None:
    said = "昨晚十点多幸福苑3幢2单元的楼道灯坏了"
    heard = await understand.understand(said, topic=None, lexicon=lexicon, now=NOW)
    assert heard.intent is Intent.REPORT
    assert heard.category is not None
    assert heard.category.label == "service.light"
    assert [place.text for place in heard.places] == ["幸福苑3幢2单元的楼道"]
    assert heard.when == (datetime(2026, 3, 17, 14, tzinfo=UTC), datetime(2026, 3, 17, 15, tzinfo=UTC))
    assert heard.emergency is None


async def test_chatter_gets_no_answer(understand: Nlu, lexicon: Lexicon) -> None:
    for said in ("哈哈哈", "三缺一快来打牌", "晚上吃什么好呢", "收到"):
        heard = await understand.understand(said, topic=None, lexicon=lexicon, now=NOW)
        assert heard.stance is not Stance.ANSWER


async def test_a_short_question_leans_on_the_topic(understand: Nlu, lexicon: Lexicon) -> None:
    for said in ("那要带什么?", "在哪里办", "多少钱", "要预约吗"):
        heard = await understand.understand(said, topic="residence_permit", lexicon=lexicon, now=NOW)
        assert heard.answers[0].entry == "residence_permit"
        assert heard.stance is Stance.ANSWER
        assert heard.text == said


async def test_a_question_of_its_own_leaves_the_topic(understand: Nlu, lexicon: Lexicon) -> None:
    heard = await understand.understand("那老年卡怎么办", topic="residence_permit", lexicon=lexicon, now=NOW)
    assert heard.answers[0].entry == "elder_card"


async def test_a_topic_that_was_withdrawn_is_no_topic(understand: Nlu, lexicon: Lexicon) -> None:
    lexicon.withdraw("residence_permit")
    heard = await understand.understand("那要带什么?", topic="residence_permit", lexicon=lexicon, now=NOW)
    assert all(each.entry != "residence_permit" for each in heard.answers)


async def test_danger_is_named_beside_all_else(understand: Nlu, lexicon: Lexicon) -> None:
    heard = await understand.understand("东门菜场着火了！", topic=None, lexicon=lexicon, now=NOW)
    assert heard.emergency is Emergency.FIRE


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "\x00",
        "😀😀😀",
        "👨‍👩‍👧",
        "12345",
        "！！！？？？",
        "\u202e\u200b",
        "hello how are you",
        "Привет как дела",
        "السلام عليكم",
        "สวัสดี",
        "𠮷𠮷",
        "\ud800",
        "=cmd|'/C calc'!A0",
        "<script>",
    ],
)
async def test_anything_may_be_said(understand: Nlu, lexicon: Lexicon, said: str) -> None:
    heard = await understand.understand(said, topic=None, lexicon=lexicon, now=NOW)
    assert heard.stance is not Stance.ANSWER
    assert heard.emergency is None


@pytest.mark.parametrize("unit", ["我家漏水了，", "😀", "1", "在路", "昨晚十点", "13812341234 ", "着火"])
async def test_a_megabyte_is_read_like_a_page(understand: Understand, lexicon: Lexicon, unit: str) -> None:
    start = time.process_time()
    await understand.understand(unit * (1_000_000 // len(unit)), topic=None, lexicon=lexicon, now=NOW)
    understand.gate(unit * (1_000_000 // len(unit)), lexicon)
    assert time.process_time() - start < 0.5


async def test_another_engine_decides_when_it_is_in_time(model: Model, lexicon: Lexicon) -> None:
    understand = Understand(model, remote=FakeRemote())
    heard = await understand.understand("路灯坏了", topic=None, lexicon=lexicon, now=NOW)
    assert (heard.engine, heard.intent) == ("rasa", Intent.HUMAN)


async def test_a_broken_engine_leaves_the_lexical_answer(model: Model, lexicon: Lexicon) -> None:
    remote = FakeRemote()
    remote.broken = True
    understand = Understand(model, remote=remote)
    heard = await understand.understand("路灯坏了", topic=None, lexicon=lexicon, now=NOW)
    assert (heard.engine, heard.intent) == ("lexical", Intent.REPORT)
    assert understand.fallbacks == 1


async def test_a_late_engine_leaves_the_lexical_answer(model: Model, lexicon: Lexicon) -> None:
    remote = FakeRemote()
    remote.slow = True
    understand = Understand(model, remote=remote, budget=0.01)
    heard = await understand.understand("路灯坏了", topic=None, lexicon=lexicon, now=NOW)
    assert (heard.engine, heard.intent) == ("lexical", Intent.REPORT)


async def test_an_encoder_is_added_to_the_score(model: Model, lexicon: Lexicon) -> None:
    encoder = FakeEncoder("points_rule")
    understand = Understand(model, encoder=encoder)
    heard = await understand.understand("拿那玩意儿能干点啥", topic=None, lexicon=lexicon, now=NOW)
    assert heard.answers[0].entry == "points_rule"
    assert heard.engine == "encoder"
    encoder.broken = True
    heard = await understand.understand("居住证怎么办", topic=None, lexicon=lexicon, now=NOW)
    assert (heard.engine, heard.answers[0].entry) == ("lexical", "residence_permit")


def test_a_telephone_number_beside_it_makes_a_report_no_question(understand: Understand, lexicon: Lexicon) -> None:
    for said in ("路灯坏了 电话138****5678", "垃圾没人收,我的手机号是13912345678", "停水了,联系电话:138****5678"):
        alone = matter_of(said)
        assert alone in ("路灯坏了", "垃圾没人收", "停水了")
        heard = understand.lexically(said, topic=None, lexicon=lexicon, now=NOW)
        bare = understand.lexically(alone, topic=None, lexicon=lexicon, now=NOW)
        assert (heard.intents, heard.stance, heard.text) == (bare.intents, bare.stance, said)
        assert understand.gate(said, lexicon) == understand.gate(alone, lexicon)
    assert matter_of("电话138****5678") == "电话138****5678"


async def test_an_entry_added_while_running_is_answered(understand: Nlu, lexicon: Lexicon) -> None:
    lexicon.add(Entry("water", "水费怎么交", ("水费在哪里交", "自来水欠费了怎么交"), "手机上交。"))
    heard = await understand.understand("水费在哪里交", topic=None, lexicon=lexicon, now=NOW)
    assert (heard.answers[0].entry, heard.stance) == ("water", Stance.ANSWER)


def test_the_gate_is_shut_for_chatter_and_nothing(understand: Understand, lexicon: Lexicon) -> None:
    for said in ("哈哈哈", "晚上吃什么好呢", "好的收到", "", "😀", "嗯", "路灯修好了真不错", "谢谢"):
        assert not understand.gate(said, lexicon)


def test_the_gate_opens_for_danger(understand: Understand) -> None:
    assert understand.gate("三楼着火了快来人")


@pytest.mark.parametrize("said", ["我不想活了", "日子太苦了，活着没什么意思", "我想死"])
def test_despair_is_heard_as_such(understand: Understand, lexicon: Lexicon, said: str) -> None:
    assert understand.lexically(said, topic=None, lexicon=lexicon, now=NOW).emergency is Emergency.DESPAIR


def test_nobody_is_missing_where_nobody_is_spoken_of() -> None:
    def guess(said: str) -> str:
        return _of_somebody((Guess("missing", 0.8), Guess("report", 0.15), Guess("chat", 0.05)), said)[0].label

    assert guess("超市少找我钱了") == "report"
    assert guess("我家老头走丢了") == "missing"
    assert guess("my son is gone") == "missing"
