"""What is known about sales: asking, and keeping the summed-up days equal to the orders.

    now, before = sales(Question(period), Question(previous(period).period))
"""

from app.modules.analytics.services.counting import NONE_SOLD, Sums
from app.modules.analytics.services.naming import category_names, category_options
from app.modules.analytics.services.reading import Question, Sales, last_sale_at, sales
from app.modules.analytics.services.rolling import catch_up, mark_all_dirty, mark_days, mark_moments, rebuild_sales

__all__ = [
    "NONE_SOLD", "Question", "Sales", "Sums", "catch_up", "category_names", "category_options", "last_sale_at",
    "mark_all_dirty", "mark_days", "mark_moments", "rebuild_sales", "sales",
]
