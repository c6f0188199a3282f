"""Comments on records: written, shown, changed and deleted, with mentions that arrive in an inbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.bin import BinEntry, forget_before, restore
from app.core.db import db
from app.lowcode.comments import services, texts
from app.lowcode.comments.mentioning import mentioned, name_at
from app.lowcode.comments.models import COMMENT_SIZE, Comment, CommentMention
from app.lowcode.comments.texts import Mentioned
from app.lowcode.registry import registry
from app.modules.audit.models import AuditLine
from app.modules.catalog.models import Brand
from tests import factories
from tests.lowcode.shelf import make_thing
from tests.support.cast import user
from tests.support.client import Client

pytestmark = pytest.mark.both_databases
JSON = {"Accept": "application/json"}
SignIn = Callable[[str], Client]


@pytest.fixture
def brand(app: Flask) -> Brand:
    """A record that Ming and Hua may both view."""
    made = factories.make_brand(name="Silk")
    db.session.commit()
    return made


def url(record: Any, tail: str = "", screen: str = "BrandScreen") -> str:
    return f"/comments/{screen}/{record.id}{tail}"


def write(client: Client, record: Any, text: str, screen: str = "BrandScreen") -> Comment:
    answer = client.post(url(record, "/add", screen), data={"text": text}, headers=JSON)
    assert answer.status_code == 200, answer.text[:500]
    return db.session.scalars(select(Comment).order_by(Comment.id.desc()).limit(1)).one()


def shown(client: Client, record: Any, query: str = "") -> str:
    answer = client.get(url(record) + query, headers=JSON)
    assert answer.status_code == 200
    return str(answer.get_json()["html"])


def words(html: str) -> list[str]:
    return re.findall(r'<p class="comment-text">(.*?)</p>', html, re.S)


def badge(client: Client, page: str = "/") -> str:
    """The number beside the bell."""
    found = re.search(r'<span class="badge" data-unread( hidden)?>([^<]*)</span>', client.get(page).text)
    assert found
    return found[2]


# -- reading and writing --------------------------------------------------------------------------------------------


def test_what_is_written_is_read_by_others_the_newest_last(brand: Brand, as_user: SignIn) -> None:
    write(as_user("ming"), brand, "First\nsecond line")
    write(as_user("hua"), brand, "  Then this \r\n")
    page = shown(as_user("ming"), brand)
    assert words(page) == ["First\nsecond line", "Then this"]
    assert page.index("Ming Wang") < page.index("Hua Li") and "edited" not in page


def test_the_record_page_loads_them_later_and_asks_no_query_more(
        brand: Brand, as_user: SignIn, count_queries: Any) -> None:
    ming = as_user("ming")

    def queries() -> int:
        with count_queries() as seen:
            page = ming.get(f"/brands/show/{brand.id}").text
        assert f'data-comments="{url(brand)}"' in page and "Hello" not in page
        return len(seen)

    ming.get(f"/brands/show/{brand.id}")
    before = queries()
    write(ming, brand, "Hello @hua")
    assert queries() == before


def test_many_comments_take_no_more_queries_and_the_earlier_ones_come_on_demand(
        brand: Brand, as_user: SignIn, count_queries: Any) -> None:
    ming = as_user("ming")
    write(ming, brand, "Number 0 @hua")
    with count_queries() as few:
        shown(ming, brand)
    author = user("ming").id
    db.session.add_all([Comment(table_name="brands", record_id=brand.id, author_id=author, author_name="Ming",
                                body=f"Number {number}") for number in range(1, 45)])
    db.session.commit()
    with count_queries() as many:
        page = shown(ming, brand)
    assert len(many) == len(few)
    assert words(page)[0] == "Number 15" and words(page)[-1] == "Number 44"
    more = re.search(r'href="([^"]+)" data-comments-more', page)
    assert more
    whole = ming.get(more[1], headers=JSON).get_json()["html"]
    assert len(words(whole)) == 45 and "data-comments-more" not in whole


def test_without_scripts_there_is_a_page_of_its_own(brand: Brand, as_user: SignIn) -> None:
    ming = as_user("ming")
    answer = ming.post(url(brand, "/add"), data={"text": "By hand"}, follow_redirects=True)
    assert answer.request.path == url(brand) and words(answer.text) == ["By hand"]
    assert f'href="/brands/show/{brand.id}"' in answer.text
    refused = ming.post(url(brand, "/add"), data={"text": " "}, follow_redirects=True).text
    assert "Write something first." in refused


@pytest.mark.parametrize(("text", "status"), [
    ("", 422), (" \n ", 422), ("x" * COMMENT_SIZE, 200), ("x" * (COMMENT_SIZE + 1), 422), ("a\x00b", 422),
])
def test_a_comment_has_words_but_not_too_many(brand: Brand, as_user: SignIn, text: str, status: int) -> None:
    answer = as_user("ming").post(url(brand, "/add"), data={"text": text}, headers=JSON)
    assert answer.status_code == status
    if status == 422:
        assert answer.get_json()["message"] and db.session.scalar(select(func.count(Comment.id))) == 0


def test_who_writes_without_pause_is_stopped_for_a_while(
        brand: Brand, as_user: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_IN_A_MINUTE", 2)
    clock.set("2026-08-01 12:00")
    ming = as_user("ming")
    write(ming, brand, "One")
    write(ming, brand, "Two")
    refused = ming.post(url(brand, "/add"), data={"text": "Three"}, headers=JSON)
    assert refused.status_code == 429 and refused.get_json()["code"] == "too_many_comments"
    write(as_user("hua"), brand, "Others go on")
    clock.set("2026-08-01 12:02")
    write(ming, brand, "Three")


def test_an_edited_comment_says_so(brand: Brand, as_user: SignIn) -> None:
    ming = as_user("ming")
    comment = write(ming, brand, "Tea")
    ming.post(url(brand, f"/change/{comment.id}"), data={"text": "Tea"}, headers=JSON)
    assert "edited" not in shown(ming, brand), "nothing was changed"
    answer = ming.post(url(brand, f"/change/{comment.id}"), data={"text": "Green tea"}, headers=JSON).get_json()
    assert words(answer["html"]) == ["Green tea"] and "edited" in answer["html"]


def test_a_deleted_comment_is_gone(brand: Brand, as_user: SignIn) -> None:
    ming = as_user("ming")
    delete = url(brand, f"/delete/{write(ming, brand, 'A slip, @hua').id}")
    answer = ming.post(delete, headers=JSON)
    assert words(answer.get_json()["html"]) == []
    assert db.session.scalar(select(func.count(CommentMention.id))) == 0
    assert ming.post(delete, headers=JSON).status_code == 404


def test_the_trail_says_who_commented_where_and_not_what(brand: Brand, as_user: SignIn) -> None:
    hua = as_user("hua")
    comment = write(hua, brand, "Quite secret")
    hua.post(url(brand, f"/change/{comment.id}"), data={"text": "More secret"}, headers=JSON)
    as_user("ming").post(url(brand, f"/delete/{comment.id}"), headers=JSON)
    of_comments = select(AuditLine).where(AuditLine.table_name == "Commented").order_by(AuditLine.id)
    lines = db.session.scalars(of_comments).all()
    assert [line.title for line in lines] == ["Brands: Silk"] * 3
    assert [line.actor_name for line in lines] == ["Hua Li", "Hua Li", "Ming Wang"]
    assert "secret" not in str([line.changes for line in lines])
    trail = as_user("ming").get("/audit/list/").text
    for told in ("Wrote a comment", "Changed a comment", "Deleted a comment of Hua Li"):
        assert told in trail


def test_a_comment_of_a_deleted_user_keeps_their_name(brand: Brand, as_user: SignIn) -> None:
    write(as_user("hua"), brand, "From Hua")
    write(as_user("ming"), brand, "For @hua")
    db.session.delete(user("hua"))
    db.session.commit()
    page = shown(as_user("ming"), brand)
    assert "Hua Li" in page and words(page) == ["From Hua", "For @hua"]


# -- what is drawn --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "html"), [
    ("<b>&", "&lt;b&gt;&amp;"),
    ("see https://a.cn/x?y=1&z=2.", 'see <a href="https://a.cn/x?y=1&amp;z=2" target="_blank" '
                                    'rel="noopener noreferrer nofollow">https://a.cn/x?y=1&amp;z=2</a>.'),
    ("见https://a.cn/x，好", '见<a href="https://a.cn/x" target="_blank" rel="noopener noreferrer nofollow">'
                             "https://a.cn/x</a>，好"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ('https://a.cn/"onclick="x', '<a href="https://a.cn/" target="_blank" rel="noopener noreferrer nofollow">'
                                 "https://a.cn/</a>&#34;onclick=&#34;x"),
    ("@hua, look", '<span class="mention" title="@hua">@Hua &lt;Li&gt;</span>, look'),
    ("@Hua请看", '<span class="mention" title="@Hua">@Hua &lt;Li&gt;</span>请看'),
    ("@huang and a@hua", "@huang and a@hua"),
    ("@ming", '<span class="mention mention-me" title="@ming">@Ming</span>'),
])
def test_a_comment_is_drawn_as_text_with_links_and_names(text: str, html: str) -> None:
    people = {"hua": Mentioned("Hua <Li>", False), "ming": Mentioned("Ming", True)}
    assert texts.drawn(text, people) == html


@pytest.mark.parametrize(("rest", "name"), [
    ("hua li and", "hua li"), ("hua lin", "hua"), ("hua.", "hua"), ("王小明看", "王小明"), ("HUA!", "HUA"), ("hu", ""),
])
def test_the_longest_name_that_ends_as_a_word_is_meant(rest: str, name: str) -> None:
    assert name_at(rest, ["hua", "hua li", "王小明"]) == name


# -- mentions -------------------------------------------------------------------------------------------------------


def test_who_is_mentioned_finds_it_until_they_have_read_it(brand: Brand, as_user: SignIn) -> None:
    hua, ming = as_user("hua"), as_user("ming")
    assert badge(hua) == ""
    comment = write(ming, brand, "@hua and @hua again: is this right?")
    assert badge(hua) == "1" and badge(ming) == ""
    inbox = hua.get("/mentions/").text
    assert "Ming Wang mentioned you on “Silk”" in inbox and "is this right?" in inbox
    assert f'href="/brands/show/{brand.id}#comment-{comment.id}"' in inbox
    page = shown(hua, brand.__class__(id=brand.id)) if False else hua.get(
        url(brand, ""), headers=JSON).get_json()["html"]
    assert '<span class="mention mention-me" title="@hua">@Hua Li</span>' in page
    assert badge(hua) == "1", "nothing is changed by reading alone"
    read = re.search(r'data-read="([^"]+)"', page)
    assert read
    assert hua.post(read[1], headers=JSON).get_json() == {"unread": ""}
    assert badge(hua) == "" and "is-unread" not in hua.get("/mentions/").text


def test_mentions_can_be_marked_as_read_in_the_inbox(brand: Brand, as_user: SignIn) -> None:
    hua, ming = as_user("hua"), as_user("ming")
    for number in range(3):
        write(ming, brand, f"@hua {number}")
    first = db.session.scalars(select(CommentMention.id).order_by(CommentMention.id)).first()
    hua.post("/mentions/read", data={"mention": first})
    assert badge(hua) == "2"
    ming.post("/mentions/read")
    assert badge(hua) == "2", "only one's own"
    hua.post("/mentions/read")
    assert badge(hua) == ""


def test_changing_a_comment_tells_only_those_who_come_to_it(brand: Brand, as_user: SignIn) -> None:
    ming, hua = as_user("ming"), as_user("hua")
    kai = factories.make_user(username="kai", roles=user("ming").roles)
    db.session.commit()
    comment = write(ming, brand, "@hua look")
    hua.post("/mentions/read")
    ming.post(url(brand, f"/change/{comment.id}"), data={"text": "@hua and @kai"}, headers=JSON)
    assert badge(hua) == "" and services.count_unread(kai.id) == 1
    ming.post(url(brand, f"/change/{comment.id}"), data={"text": "nobody"}, headers=JSON)
    assert services.count_unread(kai.id) == 0 and "nobody" not in hua.get("/mentions/").text


def test_who_may_not_view_the_screen_is_not_mentioned_nor_offered(brand: Brand, as_user: SignIn) -> None:
    ming = as_user("ming")
    factories.make_user(username="gone", roles=user("ming").roles, active=False)
    boxes = factories.make_role()
    group = factories.make_group(roles=user("ming").roles)
    factories.make_user(username="pack", roles=[boxes], groups=[group])
    db.session.commit()

    thing = make_thing()
    db.session.commit()

    def offered(term: str) -> list[str]:
        answer = ming.get(url(thing, f"/people?q={term}", "ThingScreen"), headers=JSON).get_json()
        return [person["username"] for person in answer["results"]]

    # Lin has no role, Hua's has nothing to do with things, and one is not offered oneself.
    assert offered("") == ["pack"] and offered("PAC") == ["pack"] and offered("lin") == []
    with ming.application.test_request_context():
        screen = registry().screen_named("ThingScreen")
        assert screen is not None
        assert list(mentioned(screen, "@lin @gone @hua @pack").values()) == ["pack"]
        # The positive control: on a screen that Hua may view.
        brands = registry().screen_named("BrandScreen")
        assert brands is not None and "hua" in mentioned(brands, "@lin @gone @hua").values()


def test_a_user_name_may_have_spaces_and_chinese_letters(brand: Brand, as_user: SignIn) -> None:
    roles = user("ming").roles
    wang = factories.make_user(username="王小明", roles=roles)
    kai = factories.make_user(username="Kai Li", roles=roles)
    db.session.commit()
    comment = write(as_user("ming"), brand, "@王小明请看，还有@kai li。mail@kai li")
    assert {each.user_id: each.username for each in comment.mentions} == {wang.id: "王小明", kai.id: "kai li"}


def test_a_list_asks_as_many_queries_with_mentions_as_without(
        brand: Brand, as_user: SignIn, count_queries: Any) -> None:
    ming = as_user("ming")

    def queries() -> list[str]:
        ming.get("/brands/list/")
        with count_queries() as seen:
            badge(ming, "/brands/list/")
        return list(seen)

    before = len(queries())
    db.session.add_all([Comment(table_name="brands", record_id=brand.id, author_name="Kai", body="@ming",
                                mentions=[CommentMention(user_id=user("ming").id, username="ming")])
                        for _turn in range(120)])
    db.session.commit()
    assert len(queries()) == before <= 3 and badge(ming) == "99+"


def test_the_inbox_goes_on_in_pages_and_asks_a_query_for_each_kind_of_record(
        brand: Brand, as_user: SignIn, count_queries: Any) -> None:
    ming = as_user("ming")
    me = user("ming").id

    def mention(count: int) -> None:
        db.session.add_all([Comment(table_name="brands", record_id=brand.id, author_name="Kai", body="@ming",
                                    mentions=[CommentMention(user_id=me, username="ming")]) for _turn in range(count)])
        db.session.commit()

    mention(2)
    ming.get("/mentions/")
    with count_queries() as few:
        ming.get("/mentions/")
    mention(28)
    with count_queries() as many:
        page = ming.get("/mentions/").text
    assert len(many) == len(few) and page.count("mention-whole") == 25
    older = re.search(r'href="(/mentions/\?before=\d+)"', page)
    assert older and ming.get(older[1]).text.count("mention-whole") == 5


# -- with its record ------------------------------------------------------------------------------------------------


def test_comments_go_to_the_bin_with_their_record_and_come_back(brand: Brand, as_user: SignIn) -> None:
    ming = as_user("ming")
    product = factories.make_product()
    other = factories.make_product()
    sku = product.skus[0]
    db.session.commit()
    write(ming, product, "On the product, @hua", "ProductScreen")
    write(ming, sku, "On its variant", "SkuScreen")
    write(ming, other, "On another", "ProductScreen")
    number = product.id
    before = {comment.id: (comment.record_id, comment.body) for comment in db.session.scalars(select(Comment))}
    assert ming.post(f"/products/delete/{number}").status_code == 302
    assert db.session.scalars(select(Comment.body)).all() == ["On another"]
    assert services.count_unread(user("hua").id) == 0
    entry = db.session.scalars(select(BinEntry)).one()
    restore(entry)
    db.session.commit()
    after = {comment.id: (comment.record_id, comment.body) for comment in db.session.scalars(select(Comment))}
    assert after == before and services.count_unread(user("hua").id) == 1


def test_a_comment_whose_author_has_gone_keeps_no_record_from_coming_back(brand: Brand, as_user: SignIn) -> None:
    write(as_user("hua"), brand, "From Hua")
    write(as_user("ming"), brand, "For @hua")
    as_user("ming").post(f"/brands/delete/{brand.id}")
    db.session.delete(user("hua"))
    db.session.commit()
    restore(db.session.scalars(select(BinEntry)).one())
    db.session.commit()
    assert [(one.author_id is None, one.author_name, len(one.mentions)) for one in db.session.scalars(
        select(Comment).order_by(Comment.id))] == [(True, "Hua Li", 0), (False, "Ming Wang", 0)]


def test_what_the_bin_forgets_takes_its_comments_for_ever(brand: Brand, as_user: SignIn) -> None:
    write(as_user("ming"), brand, "Remember me")
    as_user("ming").post(f"/brands/delete/{brand.id}")
    assert forget_before(clock.now() + timedelta(days=1), 10) == 1
    db.session.commit()
    assert db.session.scalar(select(func.count(Comment.id))) == 0
    assert db.session.scalar(select(func.count(BinEntry.id))) == 0
