"""How fast the back office is: the same work done by us, by a bare hand-written page and by the plain framework.

`make bench` runs `python -m bench`; `docs/performance.md` says what is measured and what came out.
"""
