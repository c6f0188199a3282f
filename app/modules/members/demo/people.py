"""Invented people: names, nicknames, telephone numbers that belong to nobody, and streets."""

from __future__ import annotations

from random import Random

SURNAMES = (
    ("王", 72), ("李", 72), ("张", 68), ("刘", 54), ("陈", 45), ("杨", 31), ("赵", 25), ("黄", 25), ("周", 21),
    ("吴", 20), ("徐", 17), ("孙", 15), ("胡", 13), ("朱", 13), ("高", 12), ("林", 12), ("何", 12), ("郭", 11),
    ("马", 11), ("罗", 10), ("梁", 9), ("宋", 8), ("郑", 8), ("谢", 8), ("韩", 7), ("唐", 7), ("冯", 7), ("于", 6),
    ("董", 6), ("萧", 6), ("程", 6), ("曹", 5), ("袁", 5), ("邓", 5), ("许", 5), ("傅", 5), ("沈", 5), ("曾", 5),
    ("彭", 5), ("吕", 5), ("苏", 4), ("卢", 4), ("蒋", 4), ("蔡", 4), ("贾", 4), ("丁", 4), ("魏", 4), ("薛", 4),
    ("叶", 4), ("阎", 3), ("余", 3), ("潘", 3), ("杜", 3), ("戴", 3), ("夏", 3), ("钟", 3), ("汪", 3), ("田", 3),
    ("欧阳", 1), ("上官", 1),
)
"""Family names with their frequency, about per thousand."""
FEMALE = (
    "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "燕", "玲", "婷", "雪", "慧", "莹", "颖", "欣怡", "梓涵",
    "雨桐", "诗涵", "佳怡", "子萱", "思琪", "语嫣", "晓燕", "海燕", "丽娟", "秀英", "玉兰", "春梅", "若曦", "可馨",
    "一诺", "依依", "梦洁", "雅琴", "文静", "小雨", "晓彤", "佩珊", "美琳", "嘉欣", "书瑶", "沐晴", "安然", "青",
    "琳", "岚", "婉清", "知夏", "念慈",
)
MALE = (
    "伟", "强", "磊", "军", "洋", "勇", "杰", "涛", "明", "超", "刚", "平", "辉", "鹏", "浩然", "子轩", "宇航",
    "俊杰", "志强", "建国", "晓东", "文博", "天宇", "一鸣", "家豪", "子墨", "立新", "海波", "振华", "国栋", "嘉诚",
    "思远", "泽宇", "书恒", "亦辰", "景行", "向阳", "凯", "斌", "峰", "旭", "晨", "博文", "承泽", "逸飞", "子谦",
    "云帆", "奕", "昊", "乐天",
)
NICK_BEGINNINGS = (
    "晴天的", "爱吃", "一只", "半糖", "小区楼下的", "加班的", "今天也要", "会飞的", "想睡觉的", "南方的",
    "慢半拍的", "追风的", "不吃香菜的", "云上的", "早起的", "佛系", "元气", "橘色", "冬日", "柠檬味的", "隔壁",
    "月亮边的", "爱种花的", "小镇",
)
NICK_ENDINGS = (
    "猫", "薄荷", "小熊", "汽水", "团子", "鲸鱼", "奶茶", "咸鱼", "栗子", "向日葵", "兔子", "芒果", "豆包", "开心",
    "旅人", "阿姨", "面包", "小鹿", "土豆", "雨伞", "海风", "月饼", "松鼠", "云朵",
)
NICK_SHAPES = (
    "{name}", "{given}{given_end}", "{beginning}{ending}", "{beginning}{ending}{number}", "{ending}{number}",
    "阿{given_end}", "{given}{parent}", "{surname}{title}", "{given}",
)
STREETS = (
    "文三路", "人民路", "解放路", "中山路", "建设路", "和平路", "长江路", "幸福路", "学府路", "花园路", "滨河路",
    "迎宾大道", "创业大道", "青年路", "友谊路", "朝阳街", "新华街", "龙腾路", "桃园路", "星湖街", "锦绣路",
    "望江路", "书院路", "金鸡路", "凤凰路",
)
ESTATES = (
    "阳光花园", "翠苑小区", "锦绣江南", "金色家园", "绿地新城", "长风城市花园", "和睦家园", "书香名邸", "滨江一号",
    "桂花城", "香樟园", "碧水湾", "春江苑", "枫林苑", "龙溪湾", "丽景苑", "学林雅苑", "紫薇公馆", "蓝天公寓",
    "竹海新村",
)
MOBILE_PREFIXES = ("160", "161", "163", "164", "168", "169")
"""Ranges that are given to no operator, so that nobody's telephone rings."""


class PeopleMaker:
    """Makes people, each with a telephone number of their own."""

    def __init__(self, chance: Random) -> None:
        self._chance, self._made = chance, 0
        self._surnames = chance.choices(*zip(*SURNAMES, strict=True), k=4096)
        self._shift = chance.randrange(10**8)

    def name(self, is_female: bool) -> tuple[str, str]:
        """A family name and a given name."""
        chance = self._chance
        return chance.choice(self._surnames), chance.choice(FEMALE if is_female else MALE)

    def nickname(self, surname: str, given: str, is_female: bool) -> str:
        """What such a person calls themselves in a mini program."""
        chance = self._chance
        return chance.choice(NICK_SHAPES).format(
            name=surname + given, surname=surname, given=given, given_end=given[-1],
            title="小姐" if is_female else "先生", parent="妈妈" if is_female else "爸爸",
            beginning=chance.choice(NICK_BEGINNINGS), ending=chance.choice(NICK_ENDINGS),
            number=chance.randrange(10, 100))

    def phone(self) -> str:
        """The next number; none comes twice within 600 million."""
        index = self._made
        self._made += 1
        # A step without a common factor with 10^8 walks through all endings before it repeats one.
        return MOBILE_PREFIXES[index // 10**8] + f"{(self._shift + index * 38_742_017) % 10**8:08d}"

    def street(self) -> str:
        """Street, house and door."""
        chance = self._chance
        house, block = chance.randrange(1, 400), chance.randrange(1, 30)
        return (f"{chance.choice(STREETS)}{house}号{chance.choice(ESTATES)}{block}幢{chance.randrange(1, 4)}单元"
                f"{chance.randrange(1, 28)}{chance.randrange(1, 5):02d}室")
