"""Languages that are read here, and others."""

from __future__ import annotations

import pytest

from nlu.normalise import normalise
from nlu.tongue import foreign

OTHERS = """
Bonjour, le lampadaire devant ma maison ne marche plus
Où est la station de police la plus proche
Comment obtenir un permis de séjour
la lumière est cassée
il y a une fuite d'eau dans la rue
aidez moi s'il vous plait
merci beaucoup pour votre aide
Donde puedo renovar mi permiso
necesito ayuda por favor
hay mucho ruido por la noche
Die Straßenlaterne ist kaputt
wo kann ich mich anmelden
Ich brauche Hilfe bitte
der Aufzug ist defekt seit gestern
Il lampione è rotto
dove si trova l'ufficio
O poste de luz está quebrado
preciso de ajuda por favor
Đèn đường bị hỏng rồi
tôi muốn đăng ký tạm trú
toi muon dang ky tam tru o dau
Lampu jalan rusak
di mana kantor polisi terdekat
saya butuh bantuan segera
Sokak lambası bozuldu
nerede polis karakolu var
De straatlantaarn is kapot
waar kan ik mijn vergunning halen
Lampa uliczna nie działa
gdzie jest urząd
Lampione non funziona più
街灯が壊れています
どこで手続きできますか
가로등이 고장났어요
어디서 신청하나요
Уличный фонарь не работает
где находится полиция
مصباح الشارع لا يعمل
ไฟถนนเสีย
सड़क की बत्ती खराब है
kde je policejni stanice
missä on poliisiasema
var ligger polisen någonstans
taa ng kalye ay sira
nasaan ang istasyon ng pulis
je voudrais savoir comment payer l eau
mon voisin fait du bruit toutes les nuits
quiero hablar con una persona
se perdio mi hijo en el mercado
mein Kind ist verschwunden
ngayon lang nawala ang kuryente
bapak saya jatuh di jalan
onde fica a delegacia
não tem luz na rua
c'è un incendio
Hjälp mig
hoe laat gaat het open
kiedy otwarte
""".strip().split("\n")

OURS = """
lu deng huai le
wo yao ban ju zhu zheng
jü zhu zheng zen me ban
lùdēng huài le
dianti kun zhu ren le
laji mei ren shou
jifen zenme dui
zhuan rengong
xie xie ni
ni hao
zai ma
The street lamp in front of building 3 is broken
how do i get a residence permit
where is the police station
my neighbour's dog is barking all night
there is a smell of gas in the stairway
someone stole my bicycle yesterday
water is leaking from the ceiling
my son is lost near the market
can somebody fix the elevator please
thank you very much
hello
help
lift stuck
my landlord won't return my deposit
the garbage has not been collected for a week
i want to talk to a person
wifi坏了
路燈壞了
請問居住證怎麼辦
我要办ETC
APP登不上
3幢ABC单元漏水
K歌太吵了
ktv noise
LED灯坏了
wuye bu guan shi
xiaoqu tingche wei bei zhan
sfz diu le
12345
ok
hhh
gg
T恤
有人在楼下卡拉OK
电梯 error E05
The manhole cover is missing on Liuan road
kids are playing near the river alone
iPhone丢了
请问 residence permit 怎么办
dog bite
noise
""".strip().split("\n")


@pytest.mark.parametrize("said", OTHERS)
def test_another_language_is_known_for_one(said: str) -> None:
    assert foreign(normalise(said))


@pytest.mark.parametrize("said", [*OURS, "", "😀", "12345", "a", "!!!", "の", "3-2-502"])
def test_chinese_pinyin_and_english_are_read(said: str) -> None:
    assert not foreign(normalise(said))
