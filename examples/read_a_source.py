"""The samples of a source, without a recipe. `t4s demo demo` makes the data."""

from collections import Counter

import t4s_data as t4s

source = t4s.open_source("refcoco", "demo/data", split="val")
for sample in source:
    region = sample.regions[0]
    height, width = region.mask.dense().shape
    print(f"{sample.key}: {sample.query!r}, {region.mask.area} of {height} x {width} pixels, {sample.image.path}")
print("not usable:", dict(Counter(reject.reason for reject in source.rejects)))
