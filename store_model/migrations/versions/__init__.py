"""One file per revision, each with one parent; the last is the head."""
