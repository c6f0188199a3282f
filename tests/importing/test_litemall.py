"""What becomes of a litemall shop. The shop here is made up; the real one is in `test_whole_files.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.cli import import_litemall
from app.core import clock
from app.core.actor import Actor, acting_as
from app.core.db import check_columns, db
from app.core.importing import BrokenFile, ImportRefused
from app.modules.audit.models import AuditLine
from app.modules.catalog.importing import without_pictures
from app.modules.catalog.models import Brand, Category, Product, ProductAttribute, ProductReview, Sku
from app.modules.members.models import Region, RegionLevel
from tests.factories import make_brand, make_product
from tests.importing.litemall import write_folder


@pytest.fixture
def bring(app: Any, write_csv: Callable[..., Path]) -> Callable[..., Any]:
    """Imports the made-up shop and commits; gives the report."""

    def work(changes: Any = None, *, skip_bad_rows: bool = False, read_as: str = "utf-8", **how: Any) -> Any:
        folder = write_folder(write_csv, changes, **how)
        with acting_as(Actor("import", "litemall")):
            report = import_litemall(folder, skip_bad_rows=skip_bad_rows, encoding=read_as)
            db.session.commit()
            return report

    return work


def the(model: Any, source_id: int) -> Any:
    return db.session.scalars(select(model).where(model.source == "litemall", model.source_id == str(source_id))).one()


@pytest.mark.both_databases
def test_a_product_comes_with_all_that_hangs_on_it(bring: Callable[..., Any]) -> None:
    bring()

    product = the(Product, 100)
    assert (product.number, product.name, product.brief, product.unit) == ("100", "粗陶茶壶", "一壶好茶", "只")
    assert (product.category.name, product.category.parent.name, product.brand.name) == ("茶具", "厨房", "山里窑")
    assert (product.is_listed, product.is_new, product.is_hot, product.list_price) == (True, True, False, 9900)
    assert [(sku.code, sku.specifications, sku.price, sku.stock) for sku in product.skus] == [
        ("100-300", ["400ml"], 8900, 5), ("100-301", ["200ml"], 6990, 7)]
    assert (product.price, product.stock) == (6990, 12)
    assert [specification.value for specification in product.specifications] == ["200ml", "400ml"]
    assert [(attribute.name, attribute.value) for attribute in product.attributes] == [("材质", "陶")]
    assert the(Product, 101).brand is None and not the(Product, 101).is_listed


def test_categories_find_their_parents_in_whatever_order_they_stand(bring: Callable[..., Any]) -> None:
    bring()

    assert (the(Category, 11).level, the(Category, 10).level) == (2, 1)
    assert the(Category, 11).path.startswith(the(Category, 10).path)


def test_pictures_are_not_fetched_but_their_addresses_are_kept(bring: Callable[..., Any]) -> None:
    report = bring()

    product = the(Product, 100)
    assert (product.picture, product.gallery) == (None, [])
    assert product.source_data == {
        "picture": "http://pictures.example/0.jpg", "gallery": ["http://pictures.example/1.jpg"],
        "description": ["http://pictures.example/d.jpg"]}
    assert product.description == "<p>好用</p>"
    assert the(Product, 101).source_data is None
    assert [note for note in report.told() if "Pictures are not fetched" in note and note.endswith(": 6.")]


@pytest.mark.parametrize("html, text", [
    ("<p>a</p><p><img src='http://x/1.jpg'/></p>", "<p>a</p>"),
    ("<div><p><br></p>\u200d<p>\u200b</p></div>b", "b"),
    ('<p onclick="x()">a</p><video src="http://x/v.mp4">b</video>', "<p>a</p>b"),
    ("", ""),
])
def test_descriptions_lose_pictures_scripts_and_what_is_empty_then(html: str, text: str) -> None:
    assert without_pictures(html)[0] == text


def test_reviews_come_with_their_answers_and_those_of_topics_stay_out(bring: Callable[..., Any]) -> None:
    report = bring()

    review = the(ProductReview, 500)
    assert (review.stars, review.content, review.reply) == (5, "喜欢", "谢谢")
    assert clock.to_zone(review.written_at, clock.shop_zone()) == datetime(2018, 2, 1, 9, 30)
    assert review.source_data == {"member": "1", "pictures": ["http://pictures.example/r.jpg"]}
    assert the(ProductReview, 501).reply == "已补发"
    assert report.outcome["reviews"] == {"added": 2, "left_out": 1}
    assert any("topics" in note and "502" in note for note in report.told())


def test_regions_make_a_tree_and_a_city_may_be_its_own_district(bring: Callable[..., Any]) -> None:
    bring()

    regions = {region.code: region for region in db.session.scalars(select(Region))}
    assert {code: (region.level, region.parent and region.parent.code) for code, region in regions.items()} == {
        "440000": (RegionLevel.province, None), "440100": (RegionLevel.city, "440000"),
        "440106": (RegionLevel.district, "440100"), "441900": (RegionLevel.city, "440000"),
        "441900000": (RegionLevel.district, "441900")}


@pytest.mark.both_databases
def test_a_second_run_changes_nothing(bring: Callable[..., Any], counts: Callable[[], dict[str, int]]) -> None:
    bring()
    before = counts()

    report = bring()

    assert counts() == before
    assert {outcome for kinds in report.outcome.values() for outcome in kinds} == {"unchanged", "left_out"}


def test_a_second_run_changes_what_differs_and_tells_the_audit_trail(bring: Callable[..., Any]) -> None:
    bring()

    report = bring({("goods", 100): {"name": "细陶茶壶"}, ("goods_product", 301): {"price": "59.90"},
                    ("region", 2): {"name": "羊城"}})

    assert report.outcome["products"] == {"changed": 1, "unchanged": 1}
    assert (the(Product, 100).name, the(Product, 100).price) == ("细陶茶壶", 5990)
    assert report.outcome["regions"]["changed"] == 1
    line = db.session.scalars(select(AuditLine).where(
        AuditLine.table_name == "products", AuditLine.record_id.is_not(None)).order_by(AuditLine.id.desc())).first()
    assert line is not None and line.changes == {"name": ["粗陶茶壶", "细陶茶壶"]}


def test_stock_and_listing_are_the_shops_own_once_they_are_here(bring: Callable[..., Any]) -> None:
    bring()
    the(Sku, 300).stock = 1
    the(Product, 100).is_listed = False
    db.session.commit()

    bring()

    assert (the(Sku, 300).stock, the(Product, 100).is_listed) == (1, False)


def test_deleted_rows_are_left_out(bring: Callable[..., Any]) -> None:
    report = bring()

    assert report.outcome["attributes"] == {"added": 1, "left_out": 1}
    assert "Left out of attributes, deleted there: 401." in report.told()
    assert db.session.scalars(select(ProductAttribute.name)).all() == ["材质"]


@pytest.mark.parametrize("place, values, words", [
    (("goods", 100), {"category_id": 99}, "“99” in category_id points to nothing"),
    (("goods", 100), {"brand_id": 99}, "“99” in brand_id points to nothing"),
    (("goods", 101), {"goods_sn": "100"}, "in use here already"),
    (("goods", 100), {"gallery": "not json"}, "not right for gallery"),
    (("goods", 100), {"gallery": "[1]"}, "not right for gallery"),
    (("goods", 100), {"counter_price": "-1"}, "not right for counter_price"),
    (("goods", 101), {"name": "x" * 201}, "name: This is longer than 200 characters"),
    (("goods", 101), {"is_on_sale": "maybe"}, "not right for is_on_sale"),
    (("goods_product", 302), {"price": "9.999"}, "not right for price"),
    (("goods_product", 302), {"number": "-4"}, "not right for number"),
    (("goods_product", 302), {"specifications": '[""]'}, "specifications: "),
    (("category", 11), {"pid": 99}, "“99” in pid points to nothing"),
    (("category", 10), {"pid": 11}, "points to nothing"),
    (("comment", 500), {"star": 6}, "not right for star"),
    (("comment", 500), {"add_time": "yesterday"}, "not right for add_time"),
    (("comment", 503), {"value_id": 9}, "answers a review that is not in the file"),
    (("region", 3), {"pid": 9}, "part of a region that is not there"),
    (("region", 4), {"code": 440100}, "stands in this file twice"),
    (("region", 3), {"code": 7}, "no right code"),
])
def test_a_bad_row_is_named_and_changes_nothing_unless_it_may_be_skipped(
    bring: Callable[..., Any], counts: Callable[[], dict[str, int]], place: tuple[str, int], values: dict[str, Any],
    words: str,
) -> None:
    before = counts()

    with pytest.raises(ImportRefused) as caught:
        bring({place: values})
    refusals = caught.value.report.refusals
    assert any(refusal.file == f"litemall_{place[0]}.csv" and words in refusal.reason for refusal in refusals), refusals
    assert all(refusal.row > 1 for refusal in refusals)
    assert counts() == before

    report = bring({place: values}, skip_bad_rows=True)
    assert report.refused_count == len(refusals)
    for model in (Category, Brand, Product, Sku, ProductReview):
        for record in db.session.scalars(select(model)):
            check_columns(record)
            record.check()


def test_a_number_or_name_that_the_shop_uses_itself_is_refused(bring: Callable[..., Any]) -> None:
    make_product(number="100")
    make_brand(name="山里窑")
    db.session.commit()

    with pytest.raises(ImportRefused) as caught:
        bring()

    assert [(refusal.file, refusal.row) for refusal in caught.value.report.refusals][:2] == [
        ("litemall_brand.csv", 2), ("litemall_goods.csv", 2)]


@pytest.mark.parametrize("how, words", [
    ({"leave_out": "goods"}, "litemall_goods.csv"),
    ({"without": "counter_price"}, "counter_price"),
    ({"without": "pid"}, "pid"),
])
def test_a_missing_table_or_column_changes_nothing(
    bring: Callable[..., Any], counts: Callable[[], dict[str, int]], how: dict[str, str], words: str,
) -> None:
    before = counts()

    with pytest.raises(BrokenFile, match=words):
        bring(**how)

    assert counts() == before


def test_another_encoding_changes_nothing_until_it_is_named(
    bring: Callable[..., Any], counts: Callable[[], dict[str, int]],
) -> None:
    before = counts()

    with pytest.raises(ImportRefused):
        bring(encoding="gb18030")
    assert counts() == before

    assert bring(encoding="gb18030", read_as="gb18030").refused_count == 0
    assert the(Product, 100).name == "粗陶茶壶"
