"""Protected marks: a register of them, and a matcher that the usual tricks of spelling do not get past. Pure."""
