"""What a task asks of a sample, and the words it is asked and answered in."""
