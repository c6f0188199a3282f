"""What staff see of members and can do with them, by HTTP."""

import pytest

from app.core.db import db
from app.modules.members.models import Member, MemberNote
from app.modules.orders.models import OrderStatus
from tests.factories import (
    make_address,
    make_member,
    make_member_level,
    make_member_tag,
    make_note,
    make_order,
    make_review,
)


def text_of(answer):
    return answer.get_data(as_text=True)


def test_one_page_has_all_that_is_known_of_a_member(as_user):
    member = make_member(nickname="Mei", level=make_member_level(name="Gold"), tags=[make_member_tag(name="school")])
    make_address(member=member, detail="Lakeside 1")
    make_note(member=member, content="Rings only in the evening.")
    order = make_order(member=member, status=OrderStatus.paid)
    make_review(member=member, content="Just as soft as it looks.")
    page = text_of(as_user("hua").get(f"/members/show/{member.id}"))
    for known in ("Mei", "Gold", "school", "Lakeside 1", "Rings only in the evening.", order.number,
                  "Just as soft as it looks.", "Timeline", "Purchases"):
        assert known in page


@pytest.mark.parametrize("path", ["list/", "show/{id}"])
def test_a_phone_number_is_whole_only_for_those_who_may_see_it(as_user, path):
    from flask_appbuilder.security.sqla.models import Role

    member = make_member(phone="13812345678")
    for permission in db.session.scalars(db.select(Role).where(Role.name == "operator")).one().permissions:
        if permission.permission.name == "can_reveal":
            break
    else:
        pytest.fail("operators are those who may see whole numbers in this test")
    assert "13812345678" in text_of(as_user("hua").get(f"/members/{path.format(id=member.id)}"))
    role = db.session.scalars(db.select(Role).where(Role.name == "operator")).one()
    role.permissions = [kept for kept in role.permissions if kept.permission.name != "can_reveal"]
    page = text_of(as_user("hua").get(f"/members/{path.format(id=member.id)}"))
    assert "13812345678" not in page and "138****5678" in page


def test_a_tag_is_asked_for_and_then_given_to_all_ticked_members(as_user):
    tag, members = make_member_tag(name="school"), [make_member(), make_member()]
    hua, ids = as_user("hua"), [member.id for member in members]
    asked = hua.post("/members/action", data={"action": "tag", "rowid": ids})
    assert asked.status_code == 200 and 'name="tags"' in text_of(asked) and members[0].nickname in text_of(asked)
    given = hua.post("/members/action", data={"action": "tag", "rowid": ids, "asked": "tag", "tags": [tag.id]})
    assert given.status_code == 302
    assert [member.tags for member in members] == [[tag], [tag]]


@pytest.mark.parametrize("tags", [[], ["999999"], ["x"]])
def test_without_a_tag_that_exists_the_question_is_asked_again(as_user, tags):
    member = make_member()
    answer = as_user("hua").post("/members/action", data={
        "action": "tag", "rowid": [member.id], "asked": "tag", "tags": tags})
    assert answer.status_code == 422 and 'aria-invalid="true"' in text_of(answer)
    assert member.tags == []


def test_a_program_sends_its_answers_with_the_action(as_user):
    level, member = make_member_level(), make_member()
    hua = as_user("hua")
    refused = hua.post("/api/v1/members/actions/tag", json={"ids": [member.id]})
    assert refused.status_code == 422 and "tags" in refused.get_json()["fields"]
    done = hua.post("/api/v1/members/actions/set_level", json={"ids": [member.id], "values": {"level": level.id}})
    assert done.status_code == 200 and member.level == level
    away = hua.post("/api/v1/members/actions/set_level", json={"ids": [member.id], "values": {"level": None}})
    assert away.status_code == 200 and member.level is None


def test_staff_without_the_right_cannot_tag(as_user):
    tag, member = make_member_tag(), make_member()
    answer = as_user("lin").post("/members/action", data={
        "action": "tag", "rowid": [member.id], "asked": "tag", "tags": [tag.id]})
    assert answer.status_code == 403 and member.tags == []


def test_figures_that_the_shop_keeps_cannot_be_typed_in(as_user):
    member = make_member()
    hua = as_user("hua")
    page = text_of(hua.get(f"/members/edit/{member.id}"))
    assert 'name="nickname"' in page
    assert not any(f'name="{kept}"' in page for kept in ("order_count", "paid_amount", "level", "is_blocked"))
    hua.put(f"/api/v1/members/{member.id}", json={"paid_amount": 10**6})
    assert db.session.get(Member, member.id).paid_amount == 0


def test_a_note_written_on_the_form_carries_the_name_of_its_writer(as_user):
    member = make_member()
    answer = as_user("hua").post("/member_notes/add", data={"member": member.id, "content": "Call after six."})
    assert answer.status_code == 302
    note = db.session.scalars(db.select(MemberNote)).one()
    assert (note.content, note.member) == ("Call after six.", member)
    assert "Hua" in note.author


def test_choosing_a_member_does_not_tell_their_phone_number(as_user):
    make_member(nickname="Mei Mei", name="Wang Mei", phone="13812345678")
    hua = as_user("hua")
    for address in ("/orders/lookup/member?q=Mei", "/orders/lookup/member?q=138123"):
        answer = hua.get(address)
        assert "Wang Mei" in text_of(answer) and "13812345678" not in text_of(answer)
