"""What happened to products that others may care about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProductListed:
    """A product can now be seen and bought."""

    product_id: int


@dataclass(frozen=True)
class ProductDelisted:
    """A product can no longer be seen nor bought."""

    product_id: int
