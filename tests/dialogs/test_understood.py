"""What the bot makes of what stands in no book: near questions, talk, other languages, peril, questions cut short."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.desks.sorting import sort
from nlu.evaluate import auroc
from nlu.exam import Pupil, sure_of
from nlu.lexical import Lexicon
from nlu.model import Model
from nlu.understand import Understand
from nlu.understanding import Stance, Understanding
from nlu.written import Written
from routing.platforms import Urgency
from tests.dialogs.play import Dialog, dialogs, play

#: Questions beside every entry that none answers, written before anybody looked at what the bot makes of them.
NEAR = Path(__file__).parents[1] / "nlu" / "near" / "questions.txt"
#: The same, and questions of quite other things, written by somebody who had not seen them; near or far, tab, question.
#: Emergencies, and what only sounds like one; 1 or 0, tab, message. The third files were written before the bot learnt
#: from 3,200 lines more, by the writer of those.
FRESH = Path(__file__).parents[1] / "nlu" / "fresh"
DEVELOPMENT = FRESH.with_name("development") / "scope.tsv"
#: Told in words that no pattern and no example was written for.
PERIL = """
弟弟跟同学跑到河坝下面去了，水很深，没有一个大人
鱼塘埂上有个两三岁的娃在爬，屋里人都不晓得
一个女人跨坐在天桥栏杆上面
男孩子从六楼窗户往外爬
楼顶边沿有人晃来晃去
配电箱锁坏了，娃娃把手往里面掏
下雨天井盖边上的水有电，我脚都麻了
掉下来的高压线躺在田埂上
三岁宝宝关在车里，车窗都起雾了
老太太自己住，四天没见她出来晒太阳了
高速口有个拄拐的老人往里面走
有人躺在铁轨上
一家子在屋里烧炭火，都晕乎乎的
广告牌被风刮得要掉，公交站等车的人就在下面
孩子把脑袋塞进栏杆拔不出来
吊篮绳子断了一根，上面还有两个工人
化粪池盖子破了，小朋友在上面蹦
汽油桶旁边有小孩在玩火
有个男孩爬上了高压塔
"""

TALK = """
# talk to the bot gets a kind word and makes no work
alice alone: 有人吗
  alice: greet.hello
alice alone: 讲个笑话
  alice: greet.chat [my_cases human]
alice alone: 你是谁
  alice: greet.chat
alice alone: 吃了吗
  alice: greet.chat
alice in willow: @bot 你会唱歌吗
  willow: greet.chat (reply)
  cases: 0

# distress that sounds like talk is a person's
given heard 我好难过 as chat .9 service.elder .3
alice alone: 我好难过
  alice: head.received
  feng: card.case
  cases: 1

# a danger told after a greeting is no talk
alice alone: 有人吗，厨房着火了
  alice: emergency.fire
  feng*
  case: enforcement.fire

# a language that is not read goes to a person with a sentence in two
alice alone: Bonjour, le lampadaire devant ma maison ne marche plus
  alice: human.unread
  alice: head.received !service.light
  feng: card.case service.other
  case: service.other holder=feng

# a short question without its object is asked back about
alice alone: 明天几点开门
  alice: faq.which [human]
  cases: 0
alice alone: 多少钱
  alice: faq.which
  cases: 0

# with a topic it means the topic
alice alone: 居住证怎么办
  alice: faq.answer
alice alone: 明天几点开门
  alice: faq.answer

# who is at a loss is not asked what about
given heard 怎么办 as ask .6 chat .3
alice alone: 怎么办
  alice: head.received
  feng*
  cases: 1
"""


@pytest.fixture(scope="module")
def understand(model: Model) -> Understand:
    return Understand(model)


@pytest.fixture(scope="module")
def book(model: Model, written: Written) -> Lexicon:
    return Lexicon(written.entries(), (), model.background, model.entries)


def hear(understand: Understand, book: Lexicon, said: str) -> Understanding:
    return understand.lexically(said, topic=None, lexicon=book, now=datetime(2026, 1, 5, tzinfo=UTC))


def test_few_questions_beside_the_book_are_answered_outright(understand: Understand, book: Lexicon) -> None:
    asked = NEAR.read_text(encoding="utf-8").split("\n")[:-1]
    wrong = [said for said in asked if hear(understand, book, said).stance is Stance.ANSWER]
    assert len(asked) > 100
    assert len(wrong) / len(asked) < 0.12  # measured: .05


@pytest.mark.parametrize("file", ["scope.tsv", "scope_kept.tsv", "scope_third.tsv"])
def test_hardly_a_question_of_quite_other_things_is_answered(understand: Understand, book: Lexicon, file: str) -> None:
    rows = [line.split("\t") for line in (FRESH / file).read_text(encoding="utf-8").splitlines()]
    for kind, most in (("near", 0.16), ("far", 0.03)):  # measured: 0, .11 and .02; 0
        asked = [said for told, said in rows if told == kind]
        answered = [said for said in asked if hear(understand, book, said).stance is Stance.ANSWER]
        assert len(answered) <= most * len(asked)


@pytest.mark.parametrize("file", ["scope.tsv", "scope_kept.tsv", "scope_third.tsv"])
def test_questions_with_an_entry_are_told_from_those_without(understand: Understand, book: Lexicon, file: str) -> None:
    def sure(rows: list[list[str]], kinds: tuple[str, ...]) -> list[float]:
        pupil = Pupil(understand, book)
        return [sure_of(hear(understand, book, said), pupil) for told, said in rows if told in kinds]

    ours = [line.split("\t")[:2] for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines()]
    theirs = [line.split("\t") for line in (FRESH / file).read_text(encoding="utf-8").splitlines()]
    assert auroc(sure(ours, ("in",)), sure(theirs, ("near", "far"))) > 0.955  # measured: .973, .970, .981


@pytest.mark.parametrize(
    ("file", "found", "false"),  # measured: .98 and .03, .83 and .12, .70 and .22
    [("peril.tsv", 0.93, 0.07), ("peril_kept.tsv", 0.77, 0.16), ("peril_third.tsv", 0.62, 0.26)],
)
def test_emergencies_are_heard_in_whatever_words(
    understand: Understand, book: Lexicon, file: str, found: float, false: float
) -> None:
    rows = [line.split("\t") for line in (FRESH / file).read_text(encoding="utf-8").splitlines()]
    heard: dict[str, list[bool]] = {"1": [], "0": []}
    for told, said in rows:
        heard[told].append(hear(understand, book, said).emergency is not None)
    assert sum(heard["1"]) >= found * len(heard["1"])
    assert sum(heard["0"]) <= false * len(heard["0"])


@pytest.mark.parametrize("said", PERIL.split())
def test_peril_is_urgent_in_whatever_words(understand: Understand, book: Lexicon, said: str) -> None:
    assert sort(hear(understand, book, said), alone=True).urgency is Urgency.NOW


@dialogs(TALK)
async def test_talk(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
