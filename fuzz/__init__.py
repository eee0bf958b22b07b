"""Coverage-guided fuzzing: what reads texts and files from outside, held to its laws on inputs that nobody wrote."""
