"""Finding one's way: what the palette (Ctrl-K) shows and finds, and what one has pinned or lately opened.

`places` are what can be pinned and come back to; `pins` keeps those that a user has pinned; `commands` are what the
palette offers to do and its help; `records` looks for records by a typed word; `routes` answers the browser.

**Pins** are a user's own, few and meant to last: they lie in the database with the other preferences and come with the
query that asks who makes a request. **What was lately opened** changes with every page, so writing it down would make
of each look a write: the browser keeps it, for each user and as bare keys. What they are called, and whether one may
still see them, is asked anew whenever they are shown.
"""
