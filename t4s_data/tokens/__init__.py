"""What texts cost: tokenizers, the vocabulary a trainer adds, lengths of descriptors."""
