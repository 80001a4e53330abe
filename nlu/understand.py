"""Understand: in which order the engines are asked, and who decides when one is late or broken."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from nlu.alarm import alarm
from nlu.danger import aside, emergency, mood, violent
from nlu.entities import people, places
from nlu.linear import Reader, Reading, features
from nlu.matters import matters
from nlu.model import Model
from nlu.normalise import normalise
from nlu.person import person
from nlu.plates import plates
from nlu.thresholds import Thresholds, read_thresholds
from nlu.times import when
from nlu.tongue import foreign
from nlu.understanding import Answer, Emergency, Guess, Intent, Lexicon, Stance, Understanding

T = TypeVar("T")

BUDGET = 0.2  #: Seconds another engine may take; past it the lexical answer decides.
MOST_CATEGORIES = 5
MOST_ANSWERS = 3
CANDIDATES = 12  #: FAQ entries whose lexical and encoder scores are added up.
#: Kinds of message that want an answer: a FAQ entry may speak of points.
WANTS_ANSWER = (Intent.ASK, Intent.POINTS)
SHORT = 16  #: Characters; a follow-up is no longer.

#: Who may be missing.
_SOMEBODY = re.compile(
    "人(?!民|行)|孩|娃|囡|崽|儿子|女|闺|老[头太爷伴人]|[爸妈爹娘爷奶公婆叔伯姨舅姑哥弟姐妹嫂孙]|丈夫|媳妇|同学|邻居|他|她|伊|岁|失踪|走失|失联|走丢"
)
_GONE = re.compile("走丢|走失|失踪|失联|找不到人|不见了|没[有]?回(?:来|家)|丢了")
_QUESTION = re.compile(r"什么|啥|哪|几|多少|多久|怎|咋|吗|么$|呢|要不要|能不能|可不可以|是不是|有没有|行不行|\?")
#: How a question begins that leans on the one before.
_VAGUE = re.compile(
    r"^(?:那么?|还|另外|然后|这个?|它|要|得|需要|可以|能|多少|多久|几|哪|在哪|去哪|怎么?|什么"
    r"|[今明后]天|现在|[早晚]上|[上下中]午|夜里|节假日|过年|开门|关门|上班|免费|网上|周[末一二三四五六日]|星期|下班|代|别人|本人|收费|免费)"
)
#: Words that every question may have.
_EMPTY = re.compile(
    r"[那还要在去到带办拿给交填是的了得能可以吗呢么啊呀吧我你他她它个就也都行不没有会想请问里上时候分点]"
    r"|什么|材料|东西|手续|证件|怎么?|咋|如何|怎样|哪[里儿个]?|多少钱?|多久|几[天点号个]?|费用?|收费|免费"
    r"|地方|地址|电话|时间|上班|开门|关门|营业|[今明后]天|现在|[早晚]上|[上下中]午|夜里|节假日|过年|窗口|周[末一二三四五六日]|下班|网上|预约|代办|别人|本人|\W"
)
#: Neighbours telling each other that it is over.
_OVER = re.compile(
    r"(?:修|弄|搞|通|清理?|处理|解决|打扫)(?:好|掉|完|干净|走)?了(?!吗|没|么)|好了(?!吗|没|么)|来[电水]了|终于|恢复了|找到了|没事了|报平安|听说|新闻|视频|抖音|拍戏|好多了"
)
#: Without one of these a report is too easily neighbours talking.
_CUE = re.compile(
    r"来人|派人|管管|处理|解决|看看|修|反映|投诉|举报|没人管|帮忙|快来|快点|救"
    r"|\d(?:幢|栋|号|单元|室)|门口|路口|小区|旁边|对面|楼[道上下顶]|院子|院里|路[灯边上]|井盖|电梯|车库|河边|又|一直|天天|好几天"
)
#: A telephone number, masked or not, and what leads up to it.
_NUMBER = re.compile(r"(?<![0-9*])(?:1[3-9][0-9]{9}|[0-9]{0,4}\*{2,}[0-9]{0,4})(?![0-9*])")
_LEAD = re.compile(
    r"[,。;、\s]{0,2}(?:我的?|本人|我家|家里)?(?:联系)?(?:电话|手机|座机|联系方式|tel|phone)?(?:号码?)?[是为:\s]{0,2}$"
)


class EngineDown(RuntimeError):
    """An engine could not say anything: late, unreachable, or its answer makes no sense. The lexical one decides."""


class Remote(Protocol):
    """An engine elsewhere that classifies."""

    name: str

    async def parse(self, text: str) -> tuple[Sequence[Guess], Sequence[Guess]]:
        """Returns (intents, categories), best first. Raises EngineDown."""
        ...


class Encoder(Protocol):
    """An engine that tells likeness by meaning."""

    name: str

    async def likeness(self, text: str, lexicon: Lexicon) -> dict[str, float]:
        """Returns for each FAQ entry it has learnt how like the question it is, 0 to 1. Raises EngineDown."""
        ...


class Understand:
    """Implements the protocol `nlu.understanding.Nlu`.

    The lexical engine always answers, in well under a millisecond and in the caller's thread. A remote engine and an
    encoder are asked within BUDGET seconds together; what comes later, or breaks, is as if it were not there.
    """

    def __init__(
        self,
        model: Model,
        thresholds: Thresholds | None = None,
        *,
        remote: Remote | None = None,
        encoder: Encoder | None = None,
        budget: float = BUDGET,
        reader: Reader | None = None,
    ) -> None:
        """`reader` is that of another with the same model: making one takes longer than understanding a message."""
        self.model = model
        self.thresholds = thresholds or read_thresholds()
        self.remote = remote
        fitted = model.encoder if encoder and model.encoder and model.encoder.name == encoder.name else None
        #: Of the encoder's likeness in a score; and how sure one may be of scores with it in.
        self._weight = fitted.weight if fitted else self.thresholds.encoder.weight
        self._with_encoder = replace(self.thresholds, learnt=fitted.sureness) if fitted else self.thresholds
        self.encoder = encoder if self._weight else None  # Fitted, and nothing won by it: it need not be asked.
        learnt = model.entries.linears if model.entries else ()
        self.reader = reader or Reader(model.intents, model.categories, *learnt)
        self.fallbacks = 0  #: How often another engine was asked and the lexical one had to decide.
        self._budget = budget

    async def understand(self, text: str, *, topic: str | None, lexicon: Lexicon, now: datetime) -> Understanding:
        """Returns all that `text` means. Never raises for any text; unsure is an answer too."""
        heard = self.lexically(text, topic=topic, lexicon=lexicon, now=now)
        if not heard.text or heard.foreign or (self.remote is None and self.encoder is None):
            return heard
        engine = heard.engine
        intents, categories, answers = heard.intents, heard.categories, heard.answers
        guesses, likeness = await self._others(heard.text, lexicon)
        if guesses:
            intents, categories = guesses[0], guesses[1] or categories
            engine = self.remote.name if self.remote else engine
        if likeness:
            asked = self._question(matter_of(heard.text), topic, lexicon)
            answers = weighed(lexicon.answers(asked, CANDIDATES), likeness, self._weight)
            engine = engine if guesses else "encoder"
        stance = self._stance(answers, intents, self._with_encoder if likeness else None)
        return replace(heard, intents=intents, categories=categories, answers=answers, stance=stance, engine=engine)

    def lexically(self, text: str, *, topic: str | None, lexicon: Lexicon, now: datetime) -> Understanding:
        """Returns what the lexical engine alone makes of `text`; what `understand` falls back to."""
        said = normalise(text)
        if foreign(said):
            # Guesses from letters that happen to be known would be sure of themselves, and wrong.
            return Understanding(said, plates=plates(said), emergency=emergency(said), foreign=True)
        if not any(char.isalpha() for char in said):
            # Emoji, a number, a house number: no message of a kind, though perhaps an answer to what was asked.
            where = places(said, lexicon, self.model.places)
            return Understanding(said, places=where, when=when(said, now), plates=plates(said), mood=mood(said))
        told = matter_of(said)
        read = self.reader.read(told)
        intents = _of_somebody(read.guesses(self.model.intents), told)
        danger = self._danger(said, read, self.thresholds.alarm.heard)
        answers, intents, stance = self._answered(told, read, intents, topic, lexicon)
        return Understanding(
            text=said,
            intents=intents,
            categories=read.guesses(self.model.categories, MOST_CATEGORIES),
            matters=() if danger else matters(said, self._kinds),
            answers=answers,
            stance=stance,
            places=places(said, lexicon, self.model.places),
            when=when(said, now),
            people=people(said),
            plates=plates(said),
            person=person(said),
            emergency=danger,
            violent=danger is Emergency.VIOLENCE or violent(said),
            mood=mood(said),
        )

    def _danger(self, said: str, read: Reading, least: float) -> Emergency | None:
        """Returns the danger that is told of: by the patterns, or by what was learnt if so likely at `least`."""
        danger = emergency(said)
        if danger or self.model.alarm is None or aside(said):
            return danger
        likeliest, p = alarm(self.model.alarm, read.counts, said)
        return likeliest if p >= least else None

    def _kinds(self, text: str) -> tuple[Guess, ...]:
        return self.model.categories.guesses(features(text), MOST_CATEGORIES)

    def gate(self, text: str, lexicon: Lexicon | None = None) -> bool:
        """Whether `text`, overheard in a group that listens, is unmistakably a report or a question for the bot.

        True only where a wrong "yes" is rarer than one in six: noise in a group costs 10, silence 2. Nothing is kept.
        """
        said = normalise(text)
        if len(said) < 4 or not any(char.isalnum() for char in said):
            return False
        if foreign(said):
            return False
        told = matter_of(said)
        read = self.reader.read(told)
        danger = self._danger(said, read, self.thresholds.gate.danger)
        if not danger and _OVER.search(said) and not _QUESTION.search(said):
            return False
        limits = self.thresholds.gate
        p = read.shares(self.model.intents)
        if danger:
            return p.get(Intent.CHAT, 0.0) + p.get(Intent.GREET, 0.0) < limits.talk
        if p.get(Intent.MISSING, 0.0) >= limits.missing and _GONE.search(told) and _SOMEBODY.search(told):
            return True
        if p.get(Intent.REPORT, 0.0) + p.get(Intent.MISSING, 0.0) >= (
            limits.report if _CUE.search(said) else limits.plain
        ):
            return max(read.shares(self.model.categories).values()) >= limits.category
        ask = _wanting(p)
        if ask >= limits.ask and lexicon is not None and _QUESTION.search(said):
            return self.thresholds.sure(lexicon.answers(told, 2, read), ask) >= limits.answer
        return False

    def _answered(
        self, said: str, read: Reading, intents: tuple[Guess, ...], topic: str | None, lexicon: Lexicon
    ) -> tuple[tuple[Answer, ...], tuple[Guess, ...], Stance]:
        """Returns answers, intents and stance; a short question that says nothing by itself is read with the topic."""
        answers = lexicon.answers(said, MOST_ANSWERS, read)
        stance = self._stance(answers, intents)
        if not topic or not _follows(said) or (stance is Stance.ANSWER and _says_something(said)):
            return answers, intents, stance
        title = lexicon.title(topic)
        if not title or (Intent(intents[0].label) not in (*WANTS_ANSWER, Intent.CHAT) and intents[0].p > 0.7):
            return answers, intents, stance
        joined = normalise(f"{title} {said}")
        read = self.reader.read(joined)
        intents = read.guesses(self.model.intents)
        answers = lexicon.answers(joined, MOST_ANSWERS, read)
        return answers, intents, self._stance(answers, intents)

    def _question(self, said: str, topic: str | None, lexicon: Lexicon) -> str:
        title = lexicon.title(topic) if topic and _follows(said) else ""
        return normalise(f"{title} {said}") if title else said

    def _stance(
        self, answers: Sequence[Answer], intents: Sequence[Guess], thresholds: Thresholds | None = None
    ) -> Stance:
        limits = thresholds or self.thresholds
        return limits.stance(limits.sure(answers, _wanting({each.label: each.p for each in intents})))

    async def _others(
        self, said: str, lexicon: Lexicon
    ) -> tuple[tuple[tuple[Guess, ...], tuple[Guess, ...]] | None, dict[str, float]]:
        """Returns what the other engines say in time: the remote one's guesses or None, the encoder's likeness."""
        remote, encoder = self.remote, self.encoder

        async def classify() -> tuple[tuple[Guess, ...], tuple[Guess, ...]] | None:
            if remote is None:
                return None
            intents, categories = await remote.parse(said)
            return tuple(intents), tuple(categories)[:MOST_CATEGORIES]

        async def compare() -> dict[str, float]:
            return await encoder.likeness(said, lexicon) if encoder is not None else {}

        nothing: dict[str, float] = {}
        guesses, likeness = await asyncio.gather(self._in_time(classify, None), self._in_time(compare, nothing))
        return guesses, likeness

    async def _in_time(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        try:
            async with asyncio.timeout(self._budget):
                return await ask()
        except (EngineDown, TimeoutError):
            self.fallbacks += 1
            return otherwise


def weighed(answers: Sequence[Answer], likeness: Mapping[str, float], weight: float) -> tuple[Answer, ...]:
    """Returns the best answers by their score and an encoder's likeness added up (a sum beats rank fusion)."""
    known = {each.entry: each for each in answers}
    learnt = None if not answers or answers[0].learnt is None else 0.0
    for entry in sorted(likeness, key=lambda each: -likeness[each])[:CANDIDATES] if weight else ():
        blank = Answer(entry, 0.0, 0.0, learnt)
        known.setdefault(
            entry, replace(answers[0], entry=entry, score=0.0, coverage=0.0, learnt=learnt) if answers else blank
        )
    summed = [
        replace(each, score=(1 - weight) * each.score + weight * max(0.0, likeness.get(each.entry, 0.0)))
        for each in known.values()
    ]
    return tuple(sorted(summed, key=lambda each: (-each.score, each.entry))[:MOST_ANSWERS])


def _wanting(p: dict[str, float]) -> float:
    return sum(p.get(intent, 0.0) for intent in WANTS_ANSWER)


def _says_something(said: str) -> bool:
    """Whether more than question words is left: "在哪办" has none, "在哪办老年证" has."""
    return len(_EMPTY.sub("", said)) >= 2


def _of_somebody(intents: tuple[Guess, ...], told: str) -> tuple[Guess, ...]:
    """Returns the guesses; where nobody is spoken of ("超市少找我钱了") nobody is missing, and it is a report."""
    if not intents or intents[0].label != Intent.MISSING or told.isascii() or _SOMEBODY.search(told):
        return intents
    p = {each.label: each.p for each in intents}
    p[Intent.REPORT] = p.get(Intent.REPORT, 0.0) + p.pop(Intent.MISSING)
    return tuple(sorted((Guess(label, share) for label, share in p.items()), key=lambda each: -each.p))


def matter_of(said: str) -> str:
    """Returns normalised `said` without the telephone numbers that stand beside the matter: whoever adds
    "电话138****5678" to a report does not ask for a number. All of it when nothing else was said."""
    pieces, end = [], 0
    for found in _NUMBER.finditer(said):
        begin = max(end, found.start() - 16)
        lead = _LEAD.search(said, begin, found.start())
        pieces.append(said[end : lead.start() if lead else found.start()])
        end = found.end()
    left = "".join((*pieces, said[end:])).strip()
    return left if any(char.isalpha() for char in left) else said


def bare(said: str) -> str:
    """Returns normalised `said` without the words that every question may have: of "请问哪里可以借轮椅" 借轮椅."""
    return _EMPTY.sub("", said)


def leans(said: str) -> bool:
    """Whether normalised `said` is a short question that says nothing without the one before: "那要带什么"."""
    return _follows(said) and not _says_something(said)


def _follows(said: str) -> bool:
    return len(said) <= SHORT and bool(_QUESTION.search(said)) and bool(_VAGUE.search(said))
