"""A browser's long name in a few words, for lists of sessions: `Chrome · Windows`."""

from __future__ import annotations

from functools import lru_cache

BROWSERS = [
    ("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("HeadlessChrome", "Chrome"), ("Chrome/", "Chrome"), ("Firefox/", "Firefox"), ("Safari/", "Safari"),
    ("curl/", "curl"), ("python", "Python"), ("Go-http", "Go"), ("okhttp", "OkHttp"), ("Postman", "Postman"),
]
SYSTEMS = [
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("HarmonyOS", "HarmonyOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
]


@lru_cache(maxsize=512)
def agent_words(agent: str | None) -> str:
    """The names by which people know browser and system; the beginning of the text where neither is known."""
    text = agent or ""
    found = [next((name for mark, name in table if mark in text), None) for table in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) or text[:40]
