"""What a group may read: places without doors, words without numbers of people."""

from __future__ import annotations

import pytest

from bot.desks import public


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("柳岸路3号", "柳岸路"),
        ("柳岸路3-5号", "柳岸路"),
        ("柳岸路3号-5号", "柳岸路"),
        ("柳岸路18弄5号", "柳岸路18弄"),
        ("柳岸路#12", "柳岸路"),
        ("塘湾村12号", "塘湾村"),
        ("柳岸路3号楼道", "柳岸路楼道"),
        ("柳岸路3号楼", "柳岸路3号楼"),
        ("桂花苑3幢2单元502室", "桂花苑3幢"),
        ("桂花苑3幢502", "桂花苑3幢"),
        ("桂花苑3幢2单元", "桂花苑3幢"),
        ("桂花苑三幢二单元五楼", "桂花苑三幢"),
        ("桂花苑３幢２单元５０２室", "桂花苑３幢"),
        ("桂花苑3栋5楼", "桂花苑3栋"),
        ("桂花苑3-2-502", "桂花苑"),
        ("桂花苑3—2—502室", "桂花苑"),
        ("3-2-502", ""),
        ("502室", ""),
        ("Willow Road, flat 502", "Willow Road"),
        ("Apt. 12B Willow Road", "Willow Road"),
        ("望江桥", "望江桥"),
        ("新桥农贸市场", "新桥农贸市场"),
        ("地铁1号线口", "地铁1号线口"),
        ("柳岸第一网格", "柳岸第一网格"),
        ("楼上楼下都是", "楼上楼下都是"),
        ("", ""),
        ("我家在一个很长很长的故事里面" * 5, ""),
    ],
)
def test_a_place_is_read_without_its_door(written: str, read: str) -> None:
    assert public.place_name(written) == read


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("柳岸路3号门口的灯换好了", "柳岸路门口的灯换好了"),
        ("已和桂花苑3幢2单元502室说好", "已和桂花苑3幢说好"),
        ("3号下午再来一次", "3号下午再来一次"),
        ("3楼的灯也修了,用了2个小时", "3楼的灯也修了,用了2个小时"),
        ("2026-01-05 已清运", "2026-01-05 已清运"),
        ("电话13812345678", "电话138****5678"),
        ("9点30分到的", "9点30分到的"),
        ("浙A12345的车主已挪走", "浙A*****的车主已挪走"),
        ("浙A·D1 2345已拖走", "浙A·** ****已拖走"),
        ("", ""),
    ],
)
def test_words_are_read_without_doors_and_numbers_of_people(said: str, read: str) -> None:
    assert public.words(said) == read


def test_what_is_left_off_shows() -> None:
    assert public.short("一二三四五", 5) == "一二三四五"
    assert public.short("一二三四五六", 5) == "一二三四…"
