"""Tongue: whether a message is written in a language that is read here: Chinese, its pinyin, or English.

By script, and in Latin letters by the words themselves: what is neither spelt like pinyin nor among the commonest words
of English and of what people ask a street is not read. A wrong "foreign" costs a look by a person; a language taken for
another is answered with confidence and wrongly.
"""

from __future__ import annotations

import re
import unicodedata

READ = 300  #: Characters looked at.
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3040-\u30ff]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
#: Letters of other scripts than Han and Latin, or Latin ones that neither pinyin nor English has, from this share on.
_OTHERS = 0.5
#: Words in Latin letters that are known, at least.
_KNOWN = 0.5

_INITIAL = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINAL = (
    "(?:iang|iong|uang|ueng|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|ve|vn|er"
    "|[aeiouv])"
)
_PINYIN = re.compile(f"(?:{_INITIAL}{_FINAL}[1-5]?)+")
#: ... and words that are English or spelt like pinyin, taken together.
_SPELT = 0.8
#: The letters that pinyin with its marks has beside ASCII.
_MARKED = frozenset("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü")
_ENGLISH = frozenset(
    """a about across after again against agency ago air alarm alert all alley alone along already also am an and animal
another any anybody anyone anything apartment app application apply are area around as ask at attacked away baby back
bad bag bank barking basement bathroom be bear beat beats because bed been before behind beside best better between
big bike bill bin birth bitten bleeding block blocked blocks blood board book booklet box boss boy breaking bring
broke broken brother bug building built burning burnt burst bus business but buy by cable call called camera can can't
cannot car card care case cat caught center centre certificate change charge charger charging cheap cheated check
child children choke city clean clerk clinic clogged close closed collect collected come comes coming community
company complain complaint construction contract cost could counter cover cracked crying cut cycle daily dangerous
dark daughter day days dead deal deposit desk did die died dirty divorce do doctor does doesn't dog dogs doing don't
done door doors down downstairs drain driver driving drop drunk dump dust early eat ebike elderly electric electricity
elevator else emergency empty end english enough entrance escalator even evening every everybody everyone everything
everywhere exit expired factory fall fallen falling family far fast father fee feel fell fight fighting find fire
first fix fixed flat flood flooded floor flooding food foot for found free friday from front full garage garbage
garden gas gate gave get getting girl give go goes going gone good got government grandfather grandma grandmother
grandpa group guard had hall hand hang happen happened happens hard has have he head hear heard heat heating heavy
hello help her here hey hi high him his hit hole holiday home hope hospital hot hour hours house household housing how
hundred hurry hurt husband hydrant i i'm i've id identity if ill illegal in injured inside insurance into is isn't it
it's its job just keep keeps key kid kids killed kind kitchen knife know lady lamp lamps landlord large last late lane
law leak leaking leaks leave leaves left letter license licence lie lift light lights like line listen little live
lives lobby lock locked long look lost lot loud low machine make makes man management manager manhole many map market
marriage may me medical men message metal middle might mine minute minutes missing mobile moment monday money month
months more morning most mother motor mouse move moved much music must my name near need needs neighbor neighborhood
neighbour neighbours never new next nice night no nobody noise noisy not nothing now number of off office officer
often oil old on once one online only open or other our out outside over owner paid paper parcel parent parents park
parked parking part party past pay payment pension people permit person phone photo pick pipe place play playing
please point points poison pole police poor post power problem property public pull put question quick quiet rain rat
rats really receive refund register registered rent rented repair report residence resident residents restaurant right
road robbed roof room rubbish run running sad safe safety said same saturday saw say says scam school second security
see seen sell send service several shall she shop should shouting show sick side sidewalk sign since sir sister sit
sleep small smell smells smoke smoking snake so social some somebody someone something sometimes son soon sorry sound
speak staff stairs stairway stall stand start station stay steal still stolen stop stopped store storm stranger street
streetlight strong stuck subsidy sunday supposed sure swimming table take taken talk tap tax teacher tell tenant test
than thank thanks that that's the their them then there there's these they thief thing things think third this those
three through thursday time times tired to today toilet told tomorrow tonight too took traffic trapped trash travel
tree trees try trying tuesday turn two typhoon ugly unconscious under unit until up upstairs urgent us use used
vaccine vehicle very video village visit volunteer wage wages wait waiting walk wall want wanted warm was wasn't wasps
waste watch water way we wednesday week weekend weeks well went were what what's when where where's which while who
whole whom whose why wife will window wire wires with without woman women won't word work worker workers working works
would write wrong yard year years yes yesterday yet you you're young your wechat wifi okay ok bye welcome great fine
hotline documents passport visa foreigner foreign chinese china spouse newborn plate helmet battery nest wasp bees bee
mosquito mosquitoes cockroach cockroaches lifts hurts fever ambulance hungry thirsty lonely scared afraid shouted
screaming bottle bottles cylinder cylinders stove heater overflow overflowing sewage sewer pothole potholes bench
fitness equipment playground stops route timetable ticket fare taxi metro subway train airport hotel bar karaoke shops
vendor vendors hawker barbecue fumes exhaust odor odour stink stinks sorting recycling bulky furniture sofa fridge
afternoon appointment appreciate assistance bought birthday christmas allowed damaged date fireworks renovation
expensive fake funny haha happy lovely mark merry milk operator pharmacy pleasant prescription real sells sold
suggestion surface appliance redeem mall rice goods expire account balance log login password code messages reply
answer answers""".split()  # noqa: SIM905  (words are read as a text)
)

#: Of these two are enough: no other language has them.
_PLAIN = frozenset(
    """the and are what how where when who why have has this that there these with from my your you not does until about
because there's don't can't isn't it's i'm please would could should they we she""".split()  # noqa: SIM905  (words are read as a text)
)

#: The commonest words of the languages that are likeliest here, as far as they are neither English nor pinyin.
_ELSEWHERE = frozenset(
    """je vous est les des une pour dans avec mon ma pas sur plus que qui où il c'est el los las del una por para con
está esta hay mi hijo muy se pero como ich und ist nicht der die das mein wo wie ein eine het een niet waar onde
não uma meu tem dove della che sono c'è saya ibu bapak tidak yang ada ini itu dari dengan bisa adalah tolong ang
ng sa ako mga hindi tôi không và của bir için var değil gdzie nie jest jak""".split()  # noqa: SIM905  (words are read as a text)
) - {"die", "sa", "ma", "mi", "se", "das", "ada"}


def foreign(text: str) -> bool:
    """Whether normalised `text` is written in a language that is not read here. False where too little is written to
    tell: a single letter, a number, a smile."""
    text = text[:READ]
    letters = [char for char in text if char.isalpha()]
    if len(letters) < 2:
        return False
    han, kana = len(_HAN.findall(text)), len(_KANA.findall(text))
    if han and kana >= 3 and kana * 3 >= han:
        return True  # Japanese; one の on a shop sign is none.
    latin = sum(unicodedata.name(char, "").startswith("LATIN") for char in letters)
    others = len(letters) - han - latin
    if others > _OTHERS * len(letters) or (others >= 4 and not han):
        return True
    if han * 3 >= latin or (text.isascii() and len(letters) <= 5):
        return False  # "wifi坏了": a few foreign words are in many a sentence.
    words = [word for word in _WORD.findall(text) if not _HAN.search(word)]
    return _unread(words)


def _unread(words: list[str]) -> bool:
    """Whether words in Latin letters are neither English nor pinyin, taken together."""
    marked = any(not char.isascii() and char not in _MARKED for word in words for char in word)
    english = sum(len(word) for word in words if word in _ENGLISH or _ending(word))
    pinyin = sum(len(word) for word in words if word not in _ENGLISH and _syllables(word))
    whole = sum(map(len, words))
    if marked:
        return english < 0.8 * whole
    # Every word of a language that ends in vowels looks like pinyin here and there; of pinyin all of them do.
    elsewhere = bool(_ELSEWHERE.intersection(words))
    if len(_PLAIN.intersection(words)) >= 2 or english >= (_SPELT if elsewhere else _KNOWN) * whole:
        return False
    return english + pinyin < (_SPELT if not elsewhere else 1.0 if len(words) > 2 else _SPELT) * whole


def _ending(word: str) -> bool:
    """Whether it is a known word with an English ending: barking, lights, repaired."""
    return any(
        word.endswith(end) and (word.removesuffix(end) in _ENGLISH or word.removesuffix(end) + "e" in _ENGLISH)
        for end in ("s", "es", "ed", "d", "ing", "er", "ly", "'s", "'re")
    )


def _syllables(word: str) -> bool:
    plain = "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char)).replace(
        "ü", "v"
    )
    return bool(_PINYIN.fullmatch(plain)) or (len(plain) <= 4 and not re.search("[aeiou]", plain))
