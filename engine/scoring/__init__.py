"""Store performance: rows are counted by the day, counts become indicators, indicators scores, scores levels.

sources    which rows there are, and their columns: the closed vocabulary of indicators
counting   rows → counts of a store and day, in plain Python; counts add up and can be taken away
sql        the same as SQL that SQLite, PostgreSQL and DuckDB all run
judging    counts of a window → value, band, interval
waterfall  values → points of each item → score, level, privileges
"""
