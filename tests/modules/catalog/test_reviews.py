"""What members say about products, and what the shop answers."""

import pytest

from app.core import clock
from app.core.errors import InvalidInput
from app.modules.catalog import services
from tests.factories import make_product, make_review


@pytest.mark.parametrize("stars, is_refused", [(0, True), (1, False), (5, False), (6, True)])
def test_stars_go_from_one_to_five(db_session, stars, is_refused):
    if is_refused:
        with pytest.raises(InvalidInput) as refused:
            make_review(stars=stars)
        assert "stars" in refused.value.fields
    else:
        assert make_review(stars=stars).stars == stars


def test_a_review_knows_whether_it_has_pictures(db_session):
    assert make_review(pictures=["a.jpg"]).has_pictures
    assert not make_review().has_pictures


def test_a_reply_has_the_time_at_which_it_was_written(db_session):
    clock.set("2026-08-01 12:00")
    review = make_review()
    review.reply = "Thank you."
    db_session.flush()
    assert review.replied_at == clock.now()
    clock.set("2026-08-02 12:00")
    review.reply = "Thank you very much."
    db_session.flush()
    assert review.replied_at.day == 1, "mending a word does not make the reply younger"


def test_taking_a_reply_back_takes_its_time_back(db_session):
    review = make_review(reply="Thank you.")
    review.reply = None
    db_session.flush()
    assert review.replied_at is None


def test_hidden_reviews_are_kept_but_do_not_count(db_session):
    product = make_product()
    good, bad = make_review(product=product, stars=5), make_review(product=product, stars=1)
    assert services.review_score(product) == (2, 3.0)
    services.hide_reviews([bad])
    db_session.flush()
    assert services.review_score(product) == (1, 5.0)
    services.show_reviews([bad])
    services.hide_reviews([good])
    db_session.flush()
    assert services.review_score(product) == (1, 1.0)


def test_a_product_nobody_reviewed_has_no_score(db_session):
    assert services.review_score(make_product()) == (0, None)
