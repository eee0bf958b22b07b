"""What a folder of a user's own data is taken for: tools' exports, images with masks, public data sets."""
