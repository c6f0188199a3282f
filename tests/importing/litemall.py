"""A small litemall shop of our own making: the same tables and columns, with words of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

DAY = "2018-02-01 09:30:00"

TABLES: dict[str, list[dict[str, Any]]] = {
    "region": [
        {"id": 3, "pid": 2, "name": "天河区", "type": 3, "code": 440106},
        {"id": 1, "pid": 0, "name": "广东省", "type": 1, "code": 440000},
        {"id": 2, "pid": 1, "name": "广州市", "type": 2, "code": 440100},
        {"id": 4, "pid": 1, "name": "东莞市", "type": 2, "code": 441900},
        {"id": 5, "pid": 4, "name": "东莞市", "type": 3, "code": 441900},
    ],
    "category": [
        {"id": 11, "name": "茶具", "keywords": "", "desc": "喝茶", "pid": 10,
         "icon_url": "http://pictures.example/i.png", "pic_url": "", "sort_order": 1, "deleted": 0},
        {"id": 10, "name": "厨房", "keywords": "", "desc": "", "pid": 0, "icon_url": "", "pic_url": "", "sort_order": 2,
         "deleted": 0},
    ],
    "brand": [
        {"id": 20, "name": "山里窑", "desc": "手工\n烧制", "pic_url": "http://pictures.example/b.png", "sort_order": 5,
         "floor_price": "12.90", "deleted": 0},
    ],
    "goods": [
        {"id": 100, "goods_sn": "100", "name": "粗陶茶壶", "category_id": 11, "brand_id": 20,
         "gallery": '["http://pictures.example/1.jpg"]', "keywords": "", "brief": "一壶好茶", "is_on_sale": 1,
         "sort_order": 7, "pic_url": "http://pictures.example/0.jpg", "is_new": 1, "is_hot": 0, "unit": "只",
         "counter_price": "99.00", "deleted": 0,
         "detail": '<p>好用<script>x(1)</script></p><p><img src="http://pictures.example/d.jpg" onerror="x()"></p>'},
        {"id": 101, "goods_sn": "101", "name": "木托盘", "category_id": 11, "brand_id": 0, "gallery": "[]",
         "keywords": "", "brief": "", "is_on_sale": 0, "sort_order": 8, "pic_url": "", "is_new": 0, "is_hot": 1,
         "unit": "件", "counter_price": "39.00", "detail": "", "deleted": 0},
    ],
    "goods_specification": [
        {"id": 200, "goods_id": 100, "specification": "容量", "value": "200ml", "pic_url": "", "deleted": 0},
        {"id": 201, "goods_id": 100, "specification": "容量", "value": "400ml", "pic_url": "", "deleted": 0},
    ],
    "goods_product": [
        {"id": 300, "goods_id": 100, "specifications": '["400ml"]', "price": "89.00", "number": 5, "url": "",
         "deleted": 0},
        {"id": 301, "goods_id": 100, "specifications": '["200ml"]', "price": "69.90", "number": 7, "url": "",
         "deleted": 0},
        {"id": 302, "goods_id": 101, "specifications": '["标准"]', "price": "29.00", "number": 0, "url": "",
         "deleted": 0},
    ],
    "goods_attribute": [
        {"id": 400, "goods_id": 100, "attribute": "材质", "value": "陶", "deleted": 0},
        {"id": 401, "goods_id": 100, "attribute": "产地", "value": "不知", "deleted": 1},
    ],
    "comment": [
        {"id": 500, "value_id": 100, "type": 0, "content": "喜欢", "admin_content": "", "user_id": 1,
         "pic_urls": '["http://pictures.example/r.jpg"]', "star": 5, "add_time": DAY, "deleted": 0},
        {"id": 501, "value_id": 100, "type": 0, "content": "漏水", "admin_content": "已补发", "user_id": 2,
         "pic_urls": "[]", "star": 1, "add_time": DAY, "deleted": 0},
        {"id": 502, "value_id": 314, "type": 1, "content": "好文章", "admin_content": "", "user_id": 1,
         "pic_urls": "[]", "star": 1, "add_time": DAY, "deleted": 0},
        {"id": 503, "value_id": 500, "type": 2, "content": "谢谢", "admin_content": "", "user_id": 0, "pic_urls": "[]",
         "star": 0, "add_time": DAY, "deleted": 0},
    ],
}


def write_folder(write_csv: Callable[..., Path], changes: dict[tuple[str, int], dict[str, Any]] | None = None,
                 *, leave_out: str = "", without: str = "", encoding: str = "utf-8") -> Path:
    """The folder with all tables. `changes` replaces values by table and id; `leave_out` names a table that is missing,
    `without` a column that is missing wherever it stands."""
    folder = None
    for table, rows in TABLES.items():
        changed = [{**row, **(changes or {}).get((table, row["id"]), {})} for row in rows]
        columns = [column for column in changed[0] if column != without]
        if table != leave_out:
            folder = write_csv(f"shop/litemall_{table}.csv", columns,
                               [[row[column] for column in columns] for row in changed], encoding).parent
    assert folder is not None
    return folder
