"""Handlers of pages, one module per kind of reader: query `signaling`, render."""
