"""What a family tells of somebody who is missing, by voice or by hand."""
# ruff: noqa: E501  (sayings stand in rows)

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normalise import normalise
from nlu.person import Gender, Person, person

SHE, HE = Gender.FEMALE, Gender.MALE


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (
            "我妈78岁一米五五穿红色外套黑裤子走丢了",
            Person(age=78, height=155, gender=SHE, upper="红色外套", lower="黑裤子"),
        ),
        ("我爸七十八岁，一米六左右，早上出门没回来", Person(age=78, height=160, gender=HE)),
        ("小孩5岁半身高1米1穿蓝色校服白鞋不见了", Person(age=5.5, height=110, upper="蓝色校服", shoes="白鞋")),
        ("走丢的是我爷爷，八十三，拄拐杖", Person(age=83, gender=HE, marks=("拄拐杖",))),
        ("找不到我奶奶，身高一米五左右，白头发", Person(height=150, gender=SHE, hair="白头发")),
        ("有没有人看到一个穿红棉袄的小姑娘，五岁", Person(age=5, gender=SHE, upper="红棉袄")),
        ("寻人：父亲，七十六岁，耳背，今早出门", Person(age=76, gender=HE, marks=("耳背",))),
        (
            "走失,男,65岁,160cm,偏瘦,戴眼镜,花白头发,灰色夹克、黑色长裤、解放鞋",
            Person(65, 160, None, "偏瘦", HE, "灰色夹克", "黑色长裤", "解放鞋", "", "花白头发", True),
        ),
        ("我女儿16岁离家出走了，扎马尾，一米六五", Person(age=16, height=165, gender=SHE, hair="马尾")),
        (
            "老人走失一百六十公分，体重一百二，穿军绿色棉大衣，没戴眼镜",
            Person(height=160, weight=60.0, upper="军绿色棉大衣", glasses=False),
        ),
        ("8个月的宝宝不见了", Person(age=0.67)),
        (
            "我儿子自闭症，10岁，身高1.4米，穿黄色短袖，跑出去没回来",
            Person(age=10, height=140, gender=HE, upper="黄色短袖", marks=("自闭症",)),
        ),
        ("婆婆身高一五五，九十斤，找不着了", Person(height=155, weight=45.0, gender=SHE)),
        ("1米72的小伙子，牛仔裤，联系不上了", Person(height=172, gender=HE, lower="牛仔裤")),
        (
            "70多岁老太太在桥头迷路了，穿紫花棉袄，戴毛线帽",
            Person(age=70, gender=SHE, upper="紫花棉袄", hat="毛线帽"),
        ),
        ("我妈走丢了", None),
        ("满60岁怎么办老年证", None),
        ("墙有一米五高", None),
        ("外卖小哥穿黄衣服闯红灯", None),
        ("路灯坏了", None),
        ("", None),
    ],
)
def test_a_description_is_read(said: str, seen: Person | None) -> None:
    assert person(normalise(said)) == seen


@pytest.mark.parametrize(
    ("said", "cm"),
    [
        ("一米六左右", 160), ("1米6", 160), ("1米65", 165), ("一米五五", 155), ("1.65米", 165), ("1.6m", 160), ("160cm", 160),
        ("165公分", 165), ("一百六十公分", 160), ("一百六十五公分", 165), ("身高165", 165), ("身高一六五", 165), ("个子一米七多", 170),
        ("九十公分", 90), ("身高三米五", None),
    ],
)  # fmt: skip
def test_heights_have_one_unit(said: str, cm: int | None) -> None:
    found = person(f"孩子走失,{said},穿红衣服")
    assert found is not None
    assert found.height == cm


@pytest.mark.parametrize(
    ("said", "years"),
    [
        ("78岁", 78), ("七十八岁", 78), ("78周岁", 78), ("5岁半", 5.5), ("一岁半", 1.5), ("八十多岁", 80), ("七十出头", 70), ("快八十了", 80),
        ("年近九十", 90), ("今年七十六,", 76), ("十几岁", 13), ("六七岁", 6.5), ("六十来岁", 60), ("150岁", None), ("0岁", None),
    ],
)  # fmt: skip
def test_ages_are_years(said: str, years: float | None) -> None:
    found = person(f"老人走失,{said},穿红衣服")
    assert found is not None
    assert found.age == years


@given(st.text(alphabet="我妈爸孩子走丢穿戴红黑色外套裤鞋帽0123456789一二十百米岁公分斤cm.半,。 ", max_size=120))
def test_whatever_is_said_the_figures_are_those_of_people(said: str) -> None:
    found = person(normalise(said))
    if found is not None:
        assert found.told >= 1
        assert found.age is None or 0 < found.age <= 121
        assert found.height is None or 40 <= found.height <= 220
        assert found.weight is None or 2 <= found.weight <= 200
        assert len(fields(found)) == 12
