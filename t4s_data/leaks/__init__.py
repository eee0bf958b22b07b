"""Is a test image in the training data: what makes two images one, what is held out, and where it is found again."""
