"""Variants of a correct file, and what the two judges make of them."""
