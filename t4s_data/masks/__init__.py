"""Regions of an image: masks as run lengths, the canvas they are sampled on, mask PNGs. No file is opened but PNGs."""
