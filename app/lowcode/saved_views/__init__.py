"""Saved views and chosen columns: how people arrange the lists they work with.

A saved view is a name for what a list was asked for: search text, filters, columns in their order, sorting and rows on
a page. It is private, or shared with a role or with everyone, and stands as a tab above the list. An address says
`?view=7` and, where the reader has changed something since, the differences: `?view=7&sort=-price`. Without a view a
list shows the columns that its reader has chosen for it.

Every screen has this; there is nothing to declare. `models` is the table, `columns` says what a list can show,
`opening` reads an address, `services` keeps and shares, `bar` makes what stands above the list, `routes` takes the
forms.

What it costs: the reader's chosen columns and first view come with the query that asks who they are, and the views
themselves are kept in the process until any view changes; so a list asks no query more for them, but one, once after a
change.
"""
