"""Lists too long to be waited for: a worker makes the file, and whoever asked fetches it within a day.

`app.lowcode.export` decides which lists those are and writes the rows. Around that, here: the record of what was asked
for (`models`), the posted work (`making`), the way to the file (`pages`) and its end (`jobs`).
"""
