"""The contracts: recipe, manifest, row and build record. Imports nothing of the project."""
