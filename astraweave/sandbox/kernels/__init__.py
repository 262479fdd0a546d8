"""Looks at whole batches, and tells them up, without the interpreter."""
