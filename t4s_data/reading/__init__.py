"""The only door to files of the user's: what may be opened, how much of it is read, and the digest of what was."""
