"""The dataset card and the way to the Hugging Face Hub."""
