"""Pages of the documentation that are made from the code: keys, sources, commands, public names, the drawing."""
