"""Renderers, one module a format; none adds a fact."""
