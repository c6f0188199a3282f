"""Amounts as whole fen (the hundredth part of the currency unit), and how they are read and written.

No float ever holds money: a text is read by decimal arithmetic, stored as an integer, and written with the
shop currency's sign. Rounding, where a rule needs it, is half up, as 《支付结算办法》 bills are written.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import get_currency_symbol
from flask import current_app, has_app_context

from app.core.i18n import _locale, current_locale, decimal_point, number_text

MAX_FEN = 10**15
"""No single amount is larger: ten trillion units, far inside 64 bits even when summed over a million rows."""


def currency() -> str:
    """The shop's currency, ISO 4217, from the deployment setting `SHOP_CURRENCY`; CNY outside an app."""
    return current_app.config.get("SHOP_CURRENCY", "CNY") if has_app_context() else "CNY"


@lru_cache(maxsize=256)
def _sign(code: str, locale: str) -> str:
    return "¥" if code == "CNY" else get_currency_symbol(code, _locale(locale))


def currency_sign(locale: str | None = None) -> str:
    """The sign before an amount, e.g. `¥`."""
    return _sign(currency(), locale or current_locale())


def money_text(fen: int | None, locale: str | None = None) -> str:
    """An amount for people: 128492050 is `¥1,284,920.50`, a negative one `-¥3.00`."""
    if fen is None:
        return ""
    locale = locale or current_locale()
    whole, rest = divmod(abs(fen), 100)
    text = f"{currency_sign(locale)}{number_text(whole, 0, locale)}{decimal_point(locale)}{rest:02d}"
    return f"-{text}" if fen < 0 else text


def yuan_text(fen: int | None) -> str:
    """An amount for forms and files: 2990 is `29.90`."""
    if fen is None:
        return ""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def to_fen(value: str | int | float | Decimal) -> int:
    """Read an amount in units of the currency (`29.9`, `¥1,299.00`) as fen. ValueError if it is no amount,
    has more than two decimals, or is larger than MAX_FEN."""
    text = re.sub(r"[\s,，¥￥$£€]", "", str(value))
    try:
        amount = Decimal(text) * 100
        fen = int(amount.to_integral_value(ROUND_HALF_UP))
    except (ArithmeticError, ValueError):
        raise ValueError(f"not an amount: {value!r}") from None
    if amount != fen or abs(fen) > MAX_FEN:
        raise ValueError(f"not an amount: {value!r}")
    return fen


def round_half_up(amount: Decimal) -> int:
    """An exact number of fen as a whole one."""
    return int(amount.to_integral_value(ROUND_HALF_UP))
