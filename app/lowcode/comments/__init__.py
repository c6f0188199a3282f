"""Comments on records, and the mentions in them.

Whoever may view a record may read and write comments on it, on every screen that does not say `with_comments = False`.
A comment points to its record by the table's name and the id, so a record has the same comments on every screen that
shows it, and they go to the recycle bin and come back with it (`app.core.attached`). `@username` in a comment mentions
a colleague: the text stays as it was typed, the user's id is kept beside it, and the name is shown as it is now.

`models` are the tables, `mentioning` finds who can be mentioned and who was, `services` is what people can do, `texts`
draws a comment, `pages` takes and shows, `inbox` is the page of mentions, `facts` is what the audit trail hears.

What it costs: nothing on the page of a record, which loads its comments once they come into sight; and on every page
one more column of the query that asks who is there, for the number in the top bar.
"""
