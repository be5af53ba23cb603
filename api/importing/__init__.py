"""Files that sellers export → rows of the store model: streaming, resumable, the same file twice changes nothing.

sources.open_source(path, kind)     what is in the file, and an iterator of its records
run.import_file(…)                  reads, writes in chunks, keeps the checkpoint and the report
"""
