"""Groot2 XML: read with errors that say where, checked as a whole, written back."""
