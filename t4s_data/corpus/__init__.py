"""The corpus folder: the one place that knows its layout, its row and its build record, and opens its shards."""
