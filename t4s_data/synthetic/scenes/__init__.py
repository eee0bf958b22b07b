"""Scenes: what a synthetic picture shows, how it is drawn and what is true of it."""
