"""Where the members of the demo shop live: some cities of every province, with the codes of GB/T 2260."""

from __future__ import annotations

from typing import NamedTuple

MUNICIPAL = "市辖区"
"""How the code table calls the one city of a municipality; an address repeats the municipality's name instead."""

_PLACES = """
广东省 440000 16
  广州市 440100 510000 天河区 440106 越秀区 440104 海珠区 440105 番禺区 440113 白云区 440111
  深圳市 440300 518000 南山区 440305 福田区 440304 龙岗区 440307 宝安区 440306
  佛山市 440600 528000 禅城区 440604 南海区 440605 顺德区 440606
江苏省 320000 11
  南京市 320100 210000 鼓楼区 320106 玄武区 320102 江宁区 320115 建邺区 320105
  苏州市 320500 215000 姑苏区 320508 吴中区 320506 昆山市 320583 常熟市 320581
  无锡市 320200 214000 梁溪区 320213 滨湖区 320211 江阴市 320281
浙江省 330000 11
  杭州市 330100 310000 西湖区 330106 拱墅区 330105 余杭区 330110 滨江区 330108 萧山区 330109
  宁波市 330200 315000 海曙区 330203 鄞州区 330212 慈溪市 330282
  温州市 330300 325000 鹿城区 330302 瑞安市 330381 乐清市 330382
上海市 310000 8
  市辖区 310100 200000 浦东新区 310115 徐汇区 310104 静安区 310106 闵行区 310112 杨浦区 310110 嘉定区 310114
北京市 110000 7
  市辖区 110100 100000 朝阳区 110105 海淀区 110108 东城区 110101 丰台区 110106 通州区 110112 昌平区 110114
山东省 370000 7
  济南市 370100 250000 历下区 370102 市中区 370103 历城区 370112
  青岛市 370200 266000 市南区 370202 崂山区 370212 黄岛区 370211
四川省 510000 6
  成都市 510100 610000 武侯区 510107 锦江区 510104 青羊区 510105 双流区 510116
  绵阳市 510700 621000 涪城区 510703 游仙区 510704
河南省 410000 5
  郑州市 410100 450000 金水区 410105 二七区 410103 中原区 410102
  洛阳市 410300 471000 西工区 410303 涧西区 410305
湖北省 420000 5
  武汉市 420100 430000 武昌区 420106 洪山区 420111 江汉区 420103
  宜昌市 420500 443000 西陵区 420502 伍家岗区 420503
福建省 350000 4
  福州市 350100 350000 鼓楼区 350102 台江区 350103 仓山区 350104
  厦门市 350200 361000 思明区 350203 湖里区 350206 集美区 350211
湖南省 430000 4
  长沙市 430100 410000 岳麓区 430104 芙蓉区 430102 雨花区 430111
  株洲市 430200 412000 天元区 430211 荷塘区 430202
河北省 130000 3
  石家庄市 130100 050000 长安区 130102 裕华区 130108
  保定市 130600 071000 竞秀区 130602 莲池区 130606
安徽省 340000 3
  合肥市 340100 230000 蜀山区 340104 庐阳区 340103 包河区 340111
  芜湖市 340200 241000 镜湖区 340202 鸠江区 340207
重庆市 500000 3
  市辖区 500100 400000 渝中区 500103 江北区 500105 南岸区 500108 渝北区 500112
辽宁省 210000 3
  沈阳市 210100 110000 和平区 210102 沈河区 210103 铁西区 210106
  大连市 210200 116000 中山区 210202 沙河口区 210204 甘井子区 210211
陕西省 610000 3
  西安市 610100 710000 雁塔区 610113 碑林区 610103 未央区 610112
江西省 360000 2
  南昌市 360100 330000 东湖区 360102 红谷滩区 360113 青山湖区 360111
广西壮族自治区 450000 2
  南宁市 450100 530000 青秀区 450103 西乡塘区 450107
  桂林市 450300 541000 七星区 450305 象山区 450304
云南省 530000 2
  昆明市 530100 650000 五华区 530102 盘龙区 530103 官渡区 530111
天津市 120000 2
  市辖区 120100 300000 和平区 120101 南开区 120104 河西区 120103 滨海新区 120116
黑龙江省 230000 2
  哈尔滨市 230100 150000 南岗区 230103 道里区 230102 香坊区 230110
吉林省 220000 2
  长春市 220100 130000 朝阳区 220104 南关区 220102 绿园区 220106
山西省 140000 2
  太原市 140100 030000 小店区 140105 迎泽区 140106 万柏林区 140109
贵州省 520000 1.5
  贵阳市 520100 550000 南明区 520102 云岩区 520103 观山湖区 520115
内蒙古自治区 150000 1
  呼和浩特市 150100 010000 赛罕区 150105 新城区 150102
新疆维吾尔自治区 650000 1
  乌鲁木齐市 650100 830000 天山区 650102 沙依巴克区 650103
甘肃省 620000 1
  兰州市 620100 730000 城关区 620102 七里河区 620103
海南省 460000 1
  海口市 460100 570000 龙华区 460106 美兰区 460108
  三亚市 460200 572000 吉阳区 460203 天涯区 460204
宁夏回族自治区 640000 0.5
  银川市 640100 750000 兴庆区 640104 金凤区 640106
青海省 630000 0.4
  西宁市 630100 810000 城西区 630104 城中区 630103
西藏自治区 540000 0.2
  拉萨市 540100 850000 城关区 540102
"""
"""A province with its code and its share of members; under it cities with code, postcode, and districts with codes."""


class Region(NamedTuple):
    """A line of the code table; `parent` is a code, or None for a province."""

    code: str
    name: str
    parent: str | None


class Place(NamedTuple):
    """A district as an address names it."""

    province: str
    city: str
    district: str
    code: str
    postcode: str


def read_places() -> tuple[list[Region], list[tuple[Place, float]]]:
    """The regions, the large before the small, and the districts with their weights."""
    regions: list[Region] = []
    places: list[tuple[Place, float]] = []
    province, province_code, weight = "", "", 0.0
    for line in _PLACES.strip("\n").splitlines():
        if not line.startswith(" "):
            province, province_code, share = line.split()
            weight = float(share)
            regions.append(Region(province_code, province, None))
            continue
        city, city_code, postcode, *districts = line.split()
        regions.append(Region(city_code, city, province_code))
        for name, code in zip(districts[::2], districts[1::2], strict=True):
            regions.append(Region(code, name, city_code))
            town = province if city == MUNICIPAL else city
            places.append((Place(province, town, name, code, postcode), weight / len(districts)))
    return regions, places
