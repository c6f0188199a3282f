"""Turns declarations into screens. The only folder that knows how Flask-AppBuilder works inside."""

from app.lowcode.actions import action, panel
from app.lowcode.module import Module
from app.lowcode.page import Page
from app.lowcode.screen import Screen

__all__ = ["Module", "Page", "Screen", "action", "panel"]
