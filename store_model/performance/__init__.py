"""Where the rows of performance scoring come from: the tables of a store, or files, counted where they lie.

tables   the rows of engine.scoring.sources as SELECTs over the store model
files    the same over Parquet, CSV and JSON files, by DuckDB
reading  counts, faults and evidence of a store from its tables
daily    counts of a day, kept, and brought up to date
"""
