"""A small Online Retail file of our own making, with everything that the real one has."""

from __future__ import annotations

HEADING = ("line_no", "invoice_no", "stock_code", "description", "quantity", "invoice_ts", "unit_price", "customer_id",
           "country")

ROWS = [
    (1, "536365", "85123A", "WHITE HEART ", 6, "2010-12-01 08:26:00", "2.55", "17850", "United Kingdom"),
    (2, "536365", "71053", "LANTERN", 2, "2010-12-01 08:27:00", "3.39", "17850", "United Kingdom"),
    (3, "536366", "85123a", "WHITE HEART", 1, "2010-12-31 23:59:00", "2.95", "", "EIRE"),
    (4, "C536379", "71053", "LANTERN", -1, "2011-01-02 09:41:00", "3.39", "17850", "United Kingdom"),
    (5, "C536380", "D", "Discount", -1, "2011-01-03 09:41:00", "27.5", "14527", "Unspecified"),
    (6, "536589", "21777", "damaged", -10, "2010-12-01 16:50:00", "0.0", "", "United Kingdom"),
    (7, "536590", "PADS", "PADS TO MATCH", 1, "2011-01-04 10:00:00", "0.001", "13952", "France"),
    (8, "536590", "POST", "POSTAGE", 1, "2011-01-04 10:00:00", "18.0", "13952", "France"),
    (9, "A563185", "B", "Adjust bad debt", 1, "2011-08-12 14:50:00", "11062.06", "", "United Kingdom"),
    (10, "A563186", "B", "Adjust bad debt", 1, "2011-08-12 14:51:00", "-11062.06", "", "United Kingdom"),
    (11, "536591", "21777", "", 3, "2011-01-05 10:00:00", "7.95", "13952", "France"),
]


def changed(row: int, **values: object) -> list[tuple[object, ...]]:
    """The rows with some values of one of them replaced; `row` is the number that a spreadsheet shows."""
    found = [list(each) for each in ROWS]
    for name, value in values.items():
        found[row - 2][HEADING.index(name)] = value
    return [tuple(each) for each in found]
