"""Bringing rows from a file into any screen: read, matched to columns, tried, shown, and only then done; and undone.

- `reading`: a CSV, XLSX or XLS file as a heading and rows of texts.
- `matching`: which column of the file belongs to which field.
- `cells`: one text as a value of a field, and back.
- `judge`: what each row would do, by the rules of the form.
- `quick`: the same judgement and its writing, for screens whose records may be written past the session.
- `writing`: writing what was judged, and taking it back.
- `models`: an import and its rows, kept until it can no longer be undone.
- `runs`: the steps of an import as services; long ones as posted work.
- `pages`: the wizard, one view for all screens; `template` makes a file to fill in.
- `bulk`: *Change together*, the same without a file: new values for many rows of a list.
- `commanding`: the same without pages, for `flask import screen`.
- `naming`: which screens take files, and by which name an address means one.
- `facts` and `jobs`: what the audit trail is told, and the forgetting of old imports.

A row is written as the form writes it: same rules, same permissions, same hooks, a line in the audit trail for each.
"""
