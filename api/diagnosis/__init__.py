"""Diagnosis of a whole catalogue: inputs cut into parts, parts checked by a pool of processes, results that last."""
