"""Which drawing of the Tabler set stands for which icon name.

The names on the left are Font Awesome's without `fa-`, since the framework and every module author know those;
`python tools/vendor.py fetch` draws them into one sprite. A name that ends in `-solid` uses the filled drawing.
"""

from __future__ import annotations

ICONS: dict[str, str] = {
    # What a shop deals with.
    "bag-shopping": "shopping-bag", "barcode": "barcode", "basket-shopping": "basket", "box": "package",
    "box-open": "package-export", "boxes-stacked": "packages", "building": "building", "bullhorn": "speakerphone",
    "cart-shopping": "shopping-cart", "cash-register": "cash-register", "coins": "coins", "comments": "messages",
    "credit-card": "credit-card", "crown": "crown", "cubes": "stack-2", "fire": "flame", "gift": "gift",
    "handshake": "heart-handshake", "headset": "headset", "industry": "building-factory-2", "layer-group": "stack",
    "location-dot": "map-pin", "map": "map", "medal": "medal", "mobile-screen": "device-mobile", "money-bill": "cash",
    "newspaper": "news", "palette": "palette", "percent": "percentage", "qrcode": "qrcode", "receipt": "receipt",
    "ruler": "ruler", "shop": "building-store", "sitemap": "sitemap", "star": "star", "star-solid": "star",
    "store": "building-store", "swatchbook": "color-swatch", "tag": "tag", "tags": "tags", "ticket": "ticket",
    "trophy": "trophy", "truck": "truck", "wallet": "wallet", "warehouse": "building-warehouse",
    "weight-scale": "scale", "yen-sign": "currency-yen",
    # People.
    "address-book": "address-book", "address-card": "id", "cake-candles": "cake", "face-smile": "mood-smile",
    "heart": "heart", "id-badge": "id-badge-2", "mars": "gender-male", "user": "user", "user-gear": "user-cog",
    "user-group": "users-group", "user-lock": "user-shield", "user-minus": "user-minus", "user-plus": "user-plus",
    "user-tag": "user-star", "users": "users", "users-gear": "users-group", "venus": "gender-female",
    # Figures.
    "arrow-trend-down": "trending-down", "arrow-trend-up": "trending-up", "bullseye": "target",
    "calculator": "calculator", "chart-area": "chart-area-line", "chart-bar": "chart-bar",
    "chart-column": "chart-bar", "chart-line": "chart-line", "chart-pie": "chart-pie",
    "chart-simple": "chart-histogram", "gauge": "gauge", "gauge-high": "dashboard", "hashtag": "hash",
    "magnifying-glass-chart": "zoom-money", "table": "table",
    # Machinery.
    "bell": "bell", "bolt": "bolt", "bug": "bug", "clock": "clock", "clock-rotate-left": "history", "code": "code",
    "database": "database", "desktop": "device-desktop", "envelope": "mail", "fingerprint": "fingerprint",
    "gear": "settings", "gears": "adjustments-cog", "globe": "world", "hard-drive": "server",
    "hourglass": "hourglass", "key": "key", "language": "language", "laptop": "device-laptop", "lightbulb": "bulb",
    "link": "link", "lock": "lock", "lock-open": "lock-open", "microchip": "cpu", "moon": "moon", "plug": "plug",
    "robot": "robot", "rotate": "refresh", "rotate-left": "rotate", "rotate-right": "rotate-clockwise",
    "screwdriver-wrench": "tool", "server": "server-2", "shield": "shield", "shield-halved": "shield-half",
    "shield-check": "shield-check", "sliders": "adjustments-horizontal", "stopwatch": "stopwatch", "sun": "sun",
    "terminal": "terminal-2", "wrench": "tool", "wifi": "wifi", "camera": "camera",
    # Things to press.
    "arrow-down": "arrow-down", "arrow-left": "arrow-left", "arrow-right": "arrow-right", "arrow-up": "arrow-up",
    "arrow-up-right-from-square": "external-link", "arrows-up-down": "arrows-sort", "ban": "ban", "bars": "menu-2",
    "broom": "eraser", "check": "check", "check-double": "checks", "chevron-down": "chevron-down",
    "chevron-left": "chevron-left", "chevron-right": "chevron-right", "chevron-up": "chevron-up",
    "angles-left": "chevrons-left", "clipboard": "clipboard", "clipboard-list": "clipboard-list", "copy": "copy",
    "cut": "cut", "download": "download", "ellipsis": "dots", "ellipsis-vertical": "dots-vertical",
    "expand": "arrows-maximize", "eye": "eye", "eye-slash": "eye-off", "file-export": "file-export",
    "file-import": "file-import", "filter": "filter", "floppy-disk": "device-floppy", "grip": "grip-vertical",
    "grip-vertical": "grip-vertical", "list": "list", "list-check": "list-check", "magnifying-glass": "search",
    "minus": "minus", "pause": "player-pause", "pen": "pencil", "pen-to-square": "edit", "play": "player-play",
    "plus": "plus", "power-off": "power", "print": "printer", "right-from-bracket": "logout",
    "right-to-bracket": "login", "share-nodes": "share", "sort": "selector", "sort-down": "sort-descending",
    "sort-up": "sort-ascending", "stop": "player-stop", "table-cells": "layout-grid", "toggle-off": "toggle-left",
    "toggle-on": "toggle-right", "trash": "trash", "trash-can": "trash", "undo": "arrow-back-up", "upload": "upload",
    "xmark": "x", "thumbtack": "pin", "inbox": "inbox",
    # Papers.
    "book": "book", "book-open": "book-2", "bookmark": "bookmark", "box-archive": "archive", "calendar": "calendar",
    "calendar-days": "calendar-month", "calendar-check": "calendar-check", "file": "file",
    "file-csv": "file-type-csv", "file-excel": "file-spreadsheet", "file-lines": "file-text",
    "file-pdf": "file-type-pdf", "flag": "flag", "folder": "folder", "folder-open": "folder-open",
    "folder-tree": "binary-tree-2", "image": "photo", "images": "library-photo", "note-sticky": "note",
    "paper-plane": "send", "paperclip": "paperclip", "phone": "phone", "route": "route", "house": "home",
    "puzzle-piece": "puzzle", "comment": "message", "quote-left": "quote", "rectangle-list": "list-details",
    # Signs.
    "circle": "circle", "circle-check": "circle-check", "circle-exclamation": "alert-circle",
    "circle-half-stroke": "contrast", "circle-info": "info-circle", "circle-plus": "circle-plus",
    "circle-question": "help-circle", "circle-user": "user-circle", "circle-xmark": "circle-x", "spinner": "loader-2",
    "triangle-exclamation": "alert-triangle", "thumbs-up": "thumb-up", "thumbs-down": "thumb-down",
}
